/** Whether a newer page has arrived. It waits: nobody's page changes under their hands. */
import { lookForNewer, reloadNewest, startWorker } from '../net/worker';

export class Version {
  newer = $state(false);

  start(open: (room: string, seq: number) => void): void {
    void startWorker({ waiting: () => (this.newer = true), open });
  }

  /** After each new connection: the server may have been replaced meanwhile. */
  look(): void {
    void lookForNewer();
  }

  reload(): void {
    void reloadNewest();
  }
}
