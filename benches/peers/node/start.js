// How the peers in Node begin: their arguments, and the one line that says they are there.
import { parseArgs } from 'node:util';

export const { values: given } = parseArgs({
  options: {
    listen: { type: 'string', default: '127.0.0.1:0' },
    store: { type: 'string', default: 'none' },
    data: { type: 'string' },
  },
});

export function listen(server) {
  const [, host, port] = given.listen.match(/^(.*):(\d+)$/);
  // The default of 511 would drop what a storm of connections brings.
  server.listen({ host, port: Number(port), backlog: 4096 }, () => {
    console.log(`listening on http://${host}:${server.address().port}`);
  });
}
