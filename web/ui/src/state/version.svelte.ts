/** Whether a newer page has arrived. It waits: nobody's page changes under their hands. */
import { startWorker, takeOver } from '../net/worker';

export class Version {
  newer = $state.raw<ServiceWorker | null>(null);

  start(open: (room: string, seq: number) => void): void {
    void startWorker({ waiting: (worker) => (this.newer = worker), open });
  }

  reload(): void {
    if (this.newer) takeOver(this.newer);
  }
}
