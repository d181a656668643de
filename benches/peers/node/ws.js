// Rooms on plain `ws`: each message is made into text once, and sent to each socket.
import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import { WebSocketServer } from 'ws';
import { given, listen } from './start.js';
import { openStore } from './store.js';

const store = await openStore(given.store, given.data);
const rooms = new Map();
const server = createServer();

function membersOf(room) {
  if (!rooms.has(room)) rooms.set(room, new Set());
  return rooms.get(room);
}

new WebSocketServer({ server, path: '/ws' }).on('connection', (socket) => {
  const joined = new Set();
  let user;
  const tell = (frame) => socket.send(JSON.stringify(frame));

  const commands = {
    hello({ guest }) {
      user = { id: randomUUID(), name: guest };
      tell({ type: 'welcome', user });
    },
    join({ room }) {
      joined.add(room);
      membersOf(room).add(socket);
      tell({ type: 'joined', room });
    },
    send({ room, id, body }) {
      if (!joined.has(room)) return socket.close(1008);
      const at = new Date().toISOString();
      const seq = store(room, { id, user, body, at });
      const bytes = Buffer.from(JSON.stringify({ type: 'message', room, seq, id, user, body, at }));
      for (const member of membersOf(room)) member.send(bytes, { binary: false });
      tell({ type: 'ack', room, id, seq, at });
    },
    ping() {
      tell({ type: 'pong' });
    },
  };

  socket.on('message', (text) => {
    const frame = JSON.parse(text);
    commands[frame.type](frame);
  });
  socket.on('close', () => {
    for (const room of joined) membersOf(room).delete(socket);
  });
  socket.on('error', () => socket.terminate());
});

listen(server);
