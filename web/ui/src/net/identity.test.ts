import { beforeEach, expect, test, vi } from 'vitest';
import { forget, lapse, onChangedElsewhere, remember, remembered } from './identity';

const ana = { user: { id: 'a', name: 'Ana' }, token: 's1.ana', guest: false };
const bob = { user: { id: 'b', name: 'Bob' }, token: 'g1.bob', guest: true };

function storage(): Storage {
  const kept = new Map<string, string>();
  return {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => void kept.set(key, value),
    removeItem: (key: string) => void kept.delete(key),
  } as Storage;
}

function opensTab(search = ''): void {
  vi.stubGlobal('sessionStorage', storage());
  vi.stubGlobal('location', { search });
}

beforeEach(() => {
  vi.stubGlobal('localStorage', storage());
  opensTab();
});

test('who signs in is known in all tabs; who asked for it, in this one only', () => {
  remember(ana, false);
  opensTab();
  expect(remembered()).toMatchObject(ana);
  remember(bob, true);
  expect(remembered()).toMatchObject(bob);
  opensTab();
  expect(remembered()).toMatchObject(ana);
});

test('a link with a name is another person, who is no one outside of this tab', () => {
  remember(ana, false);
  opensTab('?name=Bob');
  expect(remembered()).toBe(null);
  remember(bob, false);
  expect(remembered()).toMatchObject(bob);
  opensTab('?name=Bob');
  expect(remembered()).toBe(null);
});

test('a link with the name of the account that is signed in means its person', () => {
  remember(ana, false);
  opensTab('?name=Ana');
  expect(remembered()).toMatchObject(ana);
});

test('signing out forgets one person and not whoever came after them', () => {
  remember(bob, false);
  remember(ana, false);
  forget(bob.token);
  expect(remembered()).toMatchObject(ana);
  forget(ana.token);
  expect(remembered()).toBe(null);
});

test('other tabs hear of signing out, and not of a server that no longer knows somebody', () => {
  let tell: (event: Partial<StorageEvent>) => void = () => {};
  vi.stubGlobal('addEventListener', (_type: string, listener: typeof tell) => (tell = listener));
  const heard: unknown[] = [];
  onChangedElsewhere((now) => heard.push(now));
  const changed = (): void =>
    tell({
      storageArea: localStorage,
      key: 'greenroom.guest',
      newValue: localStorage.getItem('greenroom.guest'),
    });

  remember(bob, false);
  changed();
  expect(heard.pop()).toMatchObject(bob);
  lapse(bob.token);
  changed();
  expect(remembered()).toBe(null);
  expect(heard).toEqual([]);

  remember(bob, false);
  forget(bob.token);
  changed();
  expect(heard).toEqual([null]);
});
