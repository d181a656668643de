/** Draws a plot with uPlot, in the colours of the theme. */
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { inksAt } from '../net/inks';
import type { Mark, Plot } from '../rules/plot';
import { clock } from '../times';

const HEIGHT_PX = 128;
const AXIS_PX = 52;
const WHOLE = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 50_000, 100_000];

export interface Drawn {
  show(plot: Plot, from: number, until: number): void;
  fit(width: number): void;
  destroy(): void;
}

interface Wish {
  /** Charts with the same one have their cursors at the same moment. */
  sync: string;
  format: (value: number) => string;
  /** Half of what is counted is nothing. */
  whole: boolean;
  /** Which of the moments the cursor is at; `null` where it is elsewhere. */
  onpoint: (index: number | null) => void;
}

export function draw(place: HTMLElement, plot: Plot, wish: Wish): Drawn {
  const inks = inksAt(place);
  let marks: readonly Mark[] = plot.marks;
  const lines = plot.lines.map(({ ink, label }) => ({
    label,
    stroke: inks[ink],
    width: 1.75,
    points: { show: false },
  }));
  const axis: uPlot.Axis = {
    stroke: inks.muted,
    grid: { stroke: inks.line, width: 1 },
    ticks: { show: false },
    font: '11px system-ui, sans-serif',
  };
  const chart = new uPlot(
    {
      width: Math.max(place.clientWidth, 120),
      height: HEIGHT_PX,
      padding: [10, 8, 0, 0],
      legend: { show: false },
      cursor: {
        sync: { key: wish.sync },
        drag: { x: false, y: false },
        y: false,
        points: { size: 7 },
      },
      scales: { y: { range: (_, __, most) => [0, Math.max(most ?? 0, 1) * 1.1] } },
      series: [{}, ...lines],
      axes: [
        {
          ...axis,
          grid: { show: false },
          size: 24,
          space: 78,
          values: (_, splits) => splits.map(clock),
        },
        {
          ...axis,
          ...(wish.whole ? { incrs: WHOLE } : {}),
          size: AXIS_PX,
          space: 34,
          values: (_, splits) => splits.map((value) => wish.format(value)),
        },
      ],
      hooks: {
        draw: [(self) => drawMarks(self, marks, inks.danger)],
        setCursor: [({ cursor }) => wish.onpoint(cursor.idx ?? null)],
      },
    },
    aligned(plot),
    place,
  );
  return {
    show(next, from, until) {
      marks = next.marks;
      chart.batch(() => {
        chart.setData(aligned(next), false);
        chart.setScale('x', { min: from, max: until });
      });
    },
    fit: (width) => chart.setSize({ width: Math.max(width, 120), height: HEIGHT_PX }),
    destroy: () => chart.destroy(),
  };
}

const aligned = ({ at, lines }: Plot): uPlot.AlignedData => [
  at as number[],
  ...lines.map(({ values }) => values as (number | null)[]),
];

function drawMarks(chart: uPlot, marks: readonly Mark[], ink: string): void {
  const { ctx, bbox } = chart;
  ctx.save();
  ctx.strokeStyle = ink;
  ctx.fillStyle = ink;
  ctx.lineWidth = devicePixelRatio;
  ctx.setLineDash([4 * devicePixelRatio, 3 * devicePixelRatio]);
  for (const { at } of marks) {
    const x = Math.round(chart.valToPos(at, 'x', true));
    if (x < bbox.left || x > bbox.left + bbox.width) continue;
    ctx.beginPath();
    ctx.moveTo(x, bbox.top);
    ctx.lineTo(x, bbox.top + bbox.height);
    ctx.stroke();
    // A flag, for those who do not see the colour.
    const size = 6 * devicePixelRatio;
    ctx.beginPath();
    ctx.moveTo(x, bbox.top - size);
    ctx.lineTo(x + size, bbox.top - size / 2);
    ctx.lineTo(x, bbox.top);
    ctx.fill();
  }
  ctx.restore();
}
