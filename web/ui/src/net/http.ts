/** One call over HTTP, and what came of it: an answer, or a refusal in words. */

/** Why a call was refused. */
export interface Problem {
  /** 0 where the server could not be asked. */
  status: number;
  detail: string;
  /** What is wrong with which field. */
  errors: Record<string, string>;
  /** When the same call may succeed. */
  retryAfter: number | null;
}

export type Outcome<T> = { done: T; problem?: undefined } | { done?: undefined; problem: Problem };

type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/** Without cookies: the token says who asks, so that two tabs can be two people. */
export function call<T>(
  method: Method,
  path: string,
  token: string | null,
  body?: object,
): Promise<Outcome<T>> {
  const headers: Record<string, string> = {};
  if (token !== null) headers.authorization = `Bearer ${token}`;
  return ask(path, { method, headers, credentials: 'omit' }, body);
}

/** With the cookie, which a socket has to show, too: a browser lets it send no other sign of who asks. */
export function callByCookie<T>(method: Method, path: string, body?: object): Promise<Outcome<T>> {
  return ask(path, { method, headers: {}, credentials: 'same-origin' }, body);
}

async function ask<T>(
  path: string,
  how: RequestInit & { headers: Record<string, string> },
  body?: object,
): Promise<Outcome<T>> {
  if (body !== undefined) how.headers['content-type'] = 'application/json';
  try {
    const text = body === undefined ? undefined : JSON.stringify(body);
    const answer = await fetch(path, { ...how, body: text });
    if (!answer.ok) return { problem: await problemIn(answer) };
    const said = await answer.text();
    return { done: (said === '' ? undefined : JSON.parse(said)) as T };
  } catch {
    return { problem: { status: 0, detail: '', errors: {}, retryAfter: null } };
  }
}

/** Something between here and the server may answer in its own words. */
async function problemIn(answer: Response): Promise<Problem> {
  const seconds = Number(answer.headers.get('retry-after') ?? NaN);
  const told = (await answer.json().catch(() => ({}))) as Partial<Problem>;
  return {
    status: answer.status,
    detail: told.detail ?? '',
    errors: told.errors ?? {},
    retryAfter: Number.isFinite(seconds) ? seconds : null,
  };
}
