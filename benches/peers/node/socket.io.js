// Rooms on Socket.IO, WebSocket transport only: its own rooms, its adapter in memory. Each frame is an event `frame`.
import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import { Server } from 'socket.io';
import { given, listen } from './start.js';
import { openStore } from './store.js';

const store = await openStore(given.store, given.data);
const server = createServer();
const io = new Server(server, { transports: ['websocket'], serveClient: false });

io.on('connection', (socket) => {
  let user;
  const tell = (frame) => socket.emit('frame', frame);

  const commands = {
    hello({ guest }) {
      user = { id: randomUUID(), name: guest };
      tell({ type: 'welcome', user });
    },
    join({ room }) {
      socket.join(room);
      tell({ type: 'joined', room });
    },
    send({ room, id, body }) {
      if (!socket.rooms.has(room)) return socket.disconnect(true);
      const at = new Date().toISOString();
      const seq = store(room, { id, user, body, at });
      io.to(room).emit('frame', { type: 'message', room, seq, id, user, body, at });
      tell({ type: 'ack', room, id, seq, at });
    },
    ping() {
      tell({ type: 'pong' });
    },
  };

  socket.on('frame', (frame) => commands[frame.type](frame));
});

listen(server);
