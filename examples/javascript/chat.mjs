#!/usr/bin/env node
// A small Greenroom client. Needs Node.js 20 or later, and `npm ci` in this directory.
//
// With --say it sends one message, waits until that is stored, and prints the newest of the room.
// Without, each line of standard input is a message, and it comes back after every disconnection.
import { randomUUID } from "node:crypto";
import { createInterface } from "node:readline";
import { parseArgs } from "node:util";
import WebSocket from "ws";

const text = (value) => ({ type: "string", default: value });
const flags = { url: text("ws://127.0.0.1:3000/ws"), room: text("general"), name: text("ana"), say: text() };
const { values: options } = parseArgs({ options: flags });
const room = options.room;
const unacknowledged = new Map(); // Messages that may not be on the server's disk yet, by their ref.
const join = { type: "join", room, limit: options.say ? 0 : 50 };
let hello = { type: "hello", guest: options.name };
let socket;
let finished = false; // Nothing more is to be said.

const tell = (frame) => socket.readyState === WebSocket.OPEN && socket.send(JSON.stringify(frame));

function say(body) {
  const id = randomUUID(); // The message's for ever: sent again with it, it is still one message.
  unacknowledged.set(id, { type: "send", ref: id, room, id, body });
  tell(unacknowledged.get(id));
}

function connect() {
  socket = new WebSocket(options.url, "greenroom.v1");
  socket.on("open", () => [hello, join, ...unacknowledged.values()].forEach(tell)); // Nothing to wait for in between.
  socket.on("message", (text) => hear(JSON.parse(text)));
  socket.on("error", (error) => console.error(error.message)); // `close` follows.
  socket.on("close", (code, reason) => {
    if (finished && unacknowledged.size === 0) process.exit();
    if ([1002, 1003, 1007, 1009, 4401].includes(code)) fail(`closed: ${code} ${reason}`); // Coming back would not help.
    setTimeout(connect, 500 + Math.random() * 1000); // Not all at the same moment.
  });
}

function hear(frame) {
  if (frame.type === "welcome") hello = { type: "hello", token: frame.token }; // The same guest again.
  // The next `join` gets exactly what comes after `since`.
  if (frame.type === "joined") Object.assign(join, { since: frame.last_seq, epoch: frame.epoch });
  if (frame.type === "ack" || frame.type === "error") {
    unacknowledged.delete(frame.ref);
    if (finished && unacknowledged.size === 0) tell({ type: "history", room, limit: 10 });
  }
  if (frame.type === "error") {
    if (options.say) fail(`${frame.code}: ${frame.message}`);
    console.error(`${frame.code}: ${frame.message}`);
  }
  const live = frame.seq && frame.type !== "ack" ? [frame] : [];
  for (const event of frame.events ?? live) {
    if (frame.type !== "history") join.since = event.seq;
    // There are other kinds of events, and there will be more.
    if (event.type === "message" && (frame.type === "history") === Boolean(options.say)) {
      console.log(`[${event.seq}] ${event.user.name}: ${event.body}`);
    }
  }
  if (frame.type === "history") socket.close();
}

function fail(why) {
  console.error(why);
  process.exit(1);
}

connect();
if (options.say) {
  say(options.say);
  finished = true;
} else {
  const lines = createInterface({ input: process.stdin });
  lines.on("line", say);
  lines.on("close", () => (finished = true) && unacknowledged.size === 0 && socket.close());
}
