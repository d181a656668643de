const GAP_PX = 6;
const EDGE_PX = 8;

/** Puts an open layer beside what it belongs to: above, where there is room, and never off the screen. */
export function placeBeside(layer: HTMLElement, anchor: HTMLElement): void {
  const from = anchor.getBoundingClientRect();
  const { offsetWidth: width, offsetHeight: height } = layer;
  const above = from.top - height - GAP_PX;
  const below = Math.min(from.bottom + GAP_PX, innerHeight - height - EDGE_PX);
  layer.style.top = `${above > 0 ? above : Math.max(EDGE_PX, below)}px`;
  const most = innerWidth - width - EDGE_PX;
  layer.style.left = `${Math.max(EDGE_PX, Math.min(from.right - width, most))}px`;
}
