import { beforeEach, expect, test, vi } from 'vitest';
import type { ClientFrame } from '../wire';
import { Availability } from './availability.svelte';

let told: string[];
let availability: Availability;

beforeEach(() => {
  vi.useFakeTimers();
  told = [];
  availability = new Availability((frame: ClientFrame) => {
    if (frame.type === 'status') told.push(frame.status);
    return true;
  });
});

test('a glance at another tab changes nothing, a longer absence does', () => {
  availability.looked(false);
  vi.advanceTimersByTime(4_000);
  availability.looked(true);
  vi.advanceTimersByTime(10_000);
  expect(told).toEqual([]);
  availability.looked(false);
  vi.advanceTimersByTime(10_000);
  availability.looked(true);
  expect(told).toEqual(['away', 'online']);
});

test('who does not want to be disturbed stays so, whatever they look at and after a break', () => {
  availability.choose('dnd');
  availability.looked(false);
  vi.advanceTimersByTime(10_000);
  availability.connected();
  expect(told).toEqual(['dnd', 'dnd']);
});
