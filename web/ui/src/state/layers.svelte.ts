/** What lies over the page: one layer at a time. */
export type LayerName =
  | 'new-room'
  | 'new-chat'
  | 'browse'
  | 'profile'
  | 'switcher'
  | 'settings'
  | 'shortcuts'
  | 'edit-room'
  | 'add-members';

export class Layers {
  open = $state<LayerName | null>(null);

  show(name: LayerName): void {
    this.open = name;
  }

  /** One that was replaced meanwhile closes nothing. */
  close(name: LayerName | null = this.open): void {
    if (this.open === name) this.open = null;
  }
}
