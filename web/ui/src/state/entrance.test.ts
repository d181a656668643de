import { beforeEach, expect, test, vi } from 'vitest';
import type { Welcome } from '../wire';
import { Entrance } from './entrance.svelte';

const ana = { id: 'a', name: 'Ana' };
const bob = { id: 'b', name: 'Bob' };
const form = { email: '', name: 'Ana', password: '', password_confirm: '' };

let did: string[];
let entrance: Entrance;
let answer: (status: number, body: object) => void;
let asked: { path: string; token: string | null }[];

function storage(): Storage {
  const kept = new Map<string, string>();
  return {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => void kept.set(key, value),
    removeItem: (key: string) => void kept.delete(key),
  } as Storage;
}

function opensTab(): void {
  did = [];
  vi.stubGlobal('sessionStorage', storage());
  entrance = new Entrance({
    connect: () => did.push('connect'),
    disconnect: () => did.push('disconnect'),
    expect: (user) => did.push(`expect ${user?.name}`),
    forgetPerson: () => did.push('forget'),
  });
  entrance.open();
}

beforeEach(() => {
  asked = [];
  vi.stubGlobal('location', { search: '', pathname: '/' });
  vi.stubGlobal('history', { replaceState: () => {} });
  vi.stubGlobal('addEventListener', () => {});
  vi.stubGlobal('localStorage', storage());
  vi.stubGlobal('fetch', (path: string, { headers }: { headers: Record<string, string> }) => {
    asked.push({ path, token: headers.authorization ?? null });
    return new Promise<Response>((resolve) => {
      answer = (status, body) => resolve(new Response(JSON.stringify(body), { status }));
    });
  });
  opensTab();
});

function isWelcomed(user: typeof ana, guest: boolean, token?: string): void {
  const frame = { type: 'welcome', user, guest, token } as Welcome;
  entrance.welcomed(frame);
}

function entersAsGuest(): void {
  entrance.enter('Ana');
  isWelcomed(ana, true, 'g1.ana');
  did = [];
}

test('a guest who registers stays who they are, though their socket closes before the answer', async () => {
  entersAsGuest();
  const registered = entrance.register(form);
  expect(asked).toEqual([{ path: '/api/users', token: 'Bearer g1.ana' }]);
  entrance.turnedAway('signed out');
  expect(entrance.token, 'nobody is asked who they are').toBe('g1.ana');
  answer(201, { user: ana, token: 's1.ana' });
  await registered;
  expect(entrance).toMatchObject({ token: 's1.ana', guest: false, refusal: null });
  expect(did).not.toContain('forget');
  expect(did.at(-1)).toBe('connect');
});

test('a guest whose registration is refused goes on as a guest', async () => {
  entersAsGuest();
  const registered = entrance.register(form);
  entrance.turnedAway('signed out');
  answer(422, { detail: 'some fields are not valid', errors: { name: 'taken' } });
  expect(await registered).toMatchObject({ problem: { errors: { name: 'taken' } } });
  expect(entrance).toMatchObject({ token: 'g1.ana', guest: true });
  expect(did.at(-1)).toBe('connect');
});

test('another tab of the guest becomes the account, too', async () => {
  entersAsGuest();
  const first = entrance;
  opensTab();
  const registered = entrance.register(form);
  answer(201, { user: ana, token: 's1.ana' });
  await registered;
  did = [];
  first.turnedAway('signed out');
  expect(first).toMatchObject({ token: 's1.ana', guest: false, refusal: null });
});

test('nothing of one person is left for the next, and all of it for the same', async () => {
  const signsIn = async (user: typeof ana): Promise<void> => {
    const signed = entrance.signIn('', '');
    answer(200, { user, token: `s1.${user.name}` });
    await signed;
  };
  await signsIn(ana);
  isWelcomed(ana, false);
  entrance.turnedAway('');
  expect(entrance).toMatchObject({ token: null, way: 'sign-in' });
  expect(entrance.refusal).toContain('signed out');
  await signsIn(ana);
  expect(did).not.toContain('forget');
  await signsIn(bob);
  expect(did).toContain('forget');
});

test('who was in before comes back after a reload, and is out in this browser after signing out', () => {
  entersAsGuest();
  opensTab();
  expect(did).toContain('expect Ana');
  entrance.signOut();
  expect(asked.at(-1)).toEqual({ path: '/api/session', token: 'Bearer g1.ana' });
  opensTab();
  expect(did).toEqual([]);
});
