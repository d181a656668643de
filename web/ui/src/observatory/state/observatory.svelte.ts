/** All that the page knows, from what the server tells. */
import { Settings } from '../../state/settings.svelte';
import { doors } from '../net/doors';
import { Feed, type Doors, type FeedState, type Listener } from '../net/feed';
import type { Delta, Detail, Drill, Kind, Ledger, Listing, Policy, Snapshot, Told } from '../wire';
import { Census } from './census.svelte';
import { Lab } from './lab.svelte';
import { LifeLog } from './log.svelte';
import { News } from './news.svelte';
import { Records } from './records.svelte';
import { Router } from './router.svelte';
import { Stories } from './stories.svelte';
import { Tree } from './tree.svelte';
import { Watch } from './watch.svelte';

export const RATES = [1, 2, 5] as const;
export type LayerName = 'keys' | 'blow';

export class Observatory implements Listener {
  connection = $state.raw<FeedState>({ kind: 'off' });
  /** Whether the server has a laboratory for whoever looks. */
  hasLab = $state(false);
  policies = $state.raw<Partial<Record<Kind, Policy>>>({});
  ledger = $state.raw<Ledger | null>(null);
  detail = $state.raw<Detail | null>(null);
  drill = $state.raw<Drill | null>(null);
  perSecond = $state<number>(2);
  paused = $state(false);
  layer = $state<LayerName | null>(null);
  /** Of the server, in milliseconds since 1970, when its own clock began. */
  epoch = $state(0);

  readonly settings = new Settings();
  readonly census = new Census();
  readonly records = new Records();
  readonly log = new LifeLog();
  readonly news = new News();
  readonly router = new Router();
  readonly feed: Feed;
  readonly stories: Stories;
  readonly watch: Watch;
  readonly tree: Tree;
  readonly lab: Lab;

  constructor(through: Doors = doors) {
    this.feed = new Feed(this, through);
    this.stories = new Stories((story) => this.news.tellOf(story));
    this.watch = new Watch(this.census);
    this.tree = new Tree(this.census, (wish) => this.feed.list(wish));
    this.lab = new Lab(this.news, this.census);
  }

  start(): void {
    this.feed.start();
    document.addEventListener('visibilitychange', () => this.#settle());
  }

  /** Of whom the page tells everything. */
  look(actor: string | null): void {
    if (this.detail?.actor !== actor) this.detail = null;
    this.feed.look(actor);
    this.records.looked = actor;
  }

  choosePause(paused: boolean): void {
    this.paused = paused;
    this.#settle();
  }

  chooseRate(perSecond: number): void {
    this.perSecond = perSecond;
    this.feed.rate = perSecond;
  }

  /** When something was, in milliseconds since 1970, by the server's own clock. */
  momentOf(ms: number): number {
    return this.epoch + ms;
  }

  stateChanged(state: FeedState): void {
    this.connection = state;
  }

  interrupted(): void {
    this.records.interrupt();
  }

  told(told: Told): void {
    switch (told.type) {
      case 'snapshot':
        return this.#begin(told);
      case 'delta':
        return this.#follow(told);
      case 'detail':
        return this.#detailed(told);
      case 'list':
        return this.#listed(told);
      case 'drill':
        this.drill = told;
        return;
      case 'error':
        this.news.tell(told.message);
    }
  }

  #settle(): void {
    this.feed.quiet = this.paused || document.hidden;
  }

  #begin(snapshot: Snapshot): void {
    this.hasLab = snapshot.lab;
    this.policies = snapshot.policies;
    this.ledger = snapshot.ledger;
    this.drill = snapshot.drill;
    this.epoch = Date.parse(snapshot.at) - snapshot.ms;
    this.census.begin(snapshot);
    this.log.begin(snapshot.events);
    this.stories.begin(snapshot.stories, snapshot.ms);
    this.#note(snapshot, snapshot.tiles);
  }

  #follow(delta: Delta): void {
    this.census.follow(delta);
    this.log.follow(delta.events ?? [], delta.skipped_events ?? 0);
    this.stories.follow(delta.stories ?? [], delta.ms);
    if (delta.ledger) this.ledger = delta.ledger;
    this.#note(delta, delta.tiles ?? {});
  }

  #note({ ms, events = [] }: Snapshot | Delta, tiles: Partial<Snapshot['tiles']>): void {
    const at = this.momentOf(ms) / 1_000;
    this.records.note(at, this.census, tiles);
    for (const { kind, actor, ms } of events) {
      if (kind === 'restart') this.records.restarted(actor, this.momentOf(ms) / 1_000);
    }
    this.watch.note(ms, this.records.tiles);
  }

  #detailed(detail: Detail): void {
    if (detail.actor === this.router.actor) this.detail = detail;
  }

  #listed(listing: Listing): void {
    this.tree.listing = listing;
    this.census.rank(listing.names);
  }
}
