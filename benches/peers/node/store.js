// What a room remembers: nothing, or each message in SQLite before anybody hears of it.
//
//   none  numbers only
//   wal   a write-ahead log that is synced now and then, as most are set up: a power cut loses the newest messages
//   full  the same log, synced for each message, as Greenroom's promise asks
import { join } from 'node:path';

const levels = { wal: 'NORMAL', full: 'FULL' };

export async function openStore(level, directory) {
  const last = new Map();
  const number = (room) => {
    const seq = (last.get(room) ?? 0) + 1;
    last.set(room, seq);
    return seq;
  };
  if (level === 'none') return number;

  const { default: Database } = await import('better-sqlite3');
  const database = new Database(join(directory, 'messages.sqlite'));
  database.pragma('journal_mode = WAL');
  database.pragma(`synchronous = ${levels[level]}`);
  database.exec(`CREATE TABLE messages (
    room TEXT NOT NULL, seq INTEGER NOT NULL, id TEXT NOT NULL, user TEXT NOT NULL, body TEXT NOT NULL, at TEXT NOT NULL,
    PRIMARY KEY (room, seq)) WITHOUT ROWID`);
  const insert = database.prepare('INSERT INTO messages VALUES (?, ?, ?, ?, ?, ?)');
  return (room, { id, user, body, at }) => {
    const seq = number(room);
    insert.run(room, seq, id, user.id, body, at);
    return seq;
  };
}
