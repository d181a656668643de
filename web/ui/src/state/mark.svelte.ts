/** What is new stays marked for as long as it takes to see it. */
import type { Attention } from './attention.svelte';
import type { Room } from './room.svelte';

/** How long the mark stays while it is looked at, and while it is out of sight. */
const SEEN_MS = 3_000;
const UNSEEN_MS = 30_000;

export class Mark {
  inView = $state(false);

  /** To be made with the component that shows the room: it lives as long. */
  constructor(room: Room, attention: Attention) {
    $effect(() => {
      if (room.newSince == null || room.newSeen || !attention.here) return;
      const timer = setTimeout(() => (room.newSeen = true), this.inView ? SEEN_MS : UNSEEN_MS);
      return () => clearTimeout(timer);
    });
  }
}
