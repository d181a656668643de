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
export async function call<T>(
  method: Method,
  path: string,
  token: string | null,
  body?: object,
): Promise<Outcome<T>> {
  const headers: Record<string, string> = {};
  if (token !== null) headers.authorization = `Bearer ${token}`;
  if (body !== undefined) headers['content-type'] = 'application/json';
  try {
    const text = body === undefined ? undefined : JSON.stringify(body);
    const answer = await fetch(path, { method, headers, body: text, credentials: 'omit' });
    if (!answer.ok) return { problem: await problemIn(answer) };
    return { done: (answer.status === 204 ? undefined : await answer.json()) as T };
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
