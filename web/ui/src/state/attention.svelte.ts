/** Whether someone looks at this page: it is visible and has the focus. */
export class Attention {
  here = $state(false);

  constructor() {
    const look = () => (this.here = document.visibilityState === 'visible' && document.hasFocus());
    look();
    document.addEventListener('visibilitychange', look);
    addEventListener('focus', look);
    addEventListener('blur', look);
  }
}
