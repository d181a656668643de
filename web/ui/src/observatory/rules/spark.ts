/** Small charts, drawn as one line. */

/**
 * The line of a small chart, as the `d` of a path in a box of this size. The newest stands at the
 * right edge, and the others at equal steps; a gap begins a new line.
 */
export function sparkline(
  values: readonly (number | null)[],
  points: number,
  width: number,
  height: number,
): string {
  const shown = values.slice(-points);
  const known = shown.filter((value) => value !== null);
  if (known.length === 0) return '';
  const most = Math.max(...known, 1e-9);
  const step = width / (points - 1);
  const begin = width - (shown.length - 1) * step;
  let pen = 'M';
  let path = '';
  shown.forEach((value, i) => {
    if (value === null) return void (pen = 'M');
    const x = round(begin + i * step);
    const y = round(height - (value / most) * height);
    path += `${pen}${x} ${y}`;
    pen = 'L';
  });
  return path;
}

const round = (n: number): number => Math.round(n * 10) / 10;

/** What lies between such a line and the ground. */
export function areaUnder(path: string, height: number): string {
  return path
    .split('M')
    .filter(Boolean)
    .map((line) => {
      const points = line.split('L');
      const [first] = points[0]!.split(' ');
      const [last] = points.at(-1)!.split(' ');
      return `M${first} ${height}L${points.join('L')}L${last} ${height}Z`;
    })
    .join('');
}
