/** The browser's notifications: one for each room, as all tabs share the tag. */

export interface Note {
  room: string;
  seq: number;
  title: string;
  body: string;
}

export type Permission = NotificationPermission | 'unsupported';

const shown = new Map<string, Notification>();
const ICON = '/icon-192.png';

export function permission(): Permission {
  return 'Notification' in globalThis ? Notification.permission : 'unsupported';
}

/** Only ever because of a click: browsers refuse it for good where pages ask by themselves. */
export async function askPermission(): Promise<Permission> {
  return 'Notification' in globalThis ? Notification.requestPermission() : 'unsupported';
}

export function notify(note: Note, clicked: () => void): void {
  if (permission() !== 'granted') return;
  const { room, seq, title, body } = note;
  const options = { tag: `greenroom/${room}`, body, icon: ICON, data: { room, seq } };
  try {
    const notification = new Notification(title, options);
    notification.onclick = () => {
      focus();
      notification.close();
      clicked();
    };
    shown.set(room, notification);
  } catch {
    // Phones show them only by way of the service worker, which also hears the click.
    void navigator.serviceWorker?.ready.then((worker) => worker.showNotification(title, options));
  }
}

/** What was read needs no notification any more. */
export function withdraw(room: string): void {
  shown.get(room)?.close();
  shown.delete(room);
}
