// Requests to the server. It owns the header that proves the page is ours, and turning refusals,
// faults and a dead network into one error type that a screen can show.

import type { Refusal } from './protocol';
import { language, learnServerTime, tc } from './ui';

/** Why a request failed, with the words for the person. */
export class RequestError extends Error {
  readonly status: number;
  readonly code: string;
  readonly retrySeconds: number | null;
  private readonly told: { sw: string; en: string } | null;
  private readonly fault: string | null;

  constructor(status: number, body: unknown) {
    super(`status ${status}`);
    const seen = (body ?? {}) as Partial<Refusal> & { fault?: string; retry_seconds?: number };
    this.status = status;
    this.code = seen.refused ?? '';
    this.retrySeconds = typeof seen.retry_seconds === 'number' ? seen.retry_seconds : null;
    this.told = seen.sw && seen.en ? { sw: seen.sw, en: seen.en } : null;
    this.fault = seen.fault ?? null;
  }

  /** What to tell the person, in the language of the page. */
  get text(): string {
    if (this.told) return this.told[language.value];
    if (this.status === 0) return tc('offline');
    return tc('fault', { id: this.fault ?? this.status });
  }
}

/** The text of anything caught; our own mistakes show as a fault. */
export function textOf(error: unknown): string {
  return error instanceof RequestError ? error.text : tc('fault', { id: '–' });
}

async function send(method: string, path: string, body?: unknown, more: Record<string, string> = {}): Promise<Response> {
  const headers: Record<string, string> = { 'X-HCTC': '1', ...more };
  const init: RequestInit = { method, headers, credentials: 'same-origin', cache: 'no-store' };
  if (body !== undefined) {
    headers['Content-Type'] = 'application/json';
    init.body = JSON.stringify(body);
  }
  let response: Response;
  try {
    response = await fetch(path, init);
  } catch {
    throw new RequestError(0, null);
  }
  learnServerTime(response.headers.get('date'));
  if (response.ok) return response;
  throw new RequestError(response.status, await response.json().catch(() => null));
}

/** A request answered with JSON, or with nothing. */
export async function request<T>(method: 'GET' | 'POST' | 'DELETE', path: string, body?: unknown): Promise<T> {
  const response = await send(method, path, body);
  const text = await response.text();
  return (text === '' ? null : JSON.parse(text)) as T;
}

/** A request answered with bytes. */
export async function requestBytes(path: string, body: unknown): Promise<{ blob: Blob; headers: Headers }> {
  const response = await send('POST', path, body);
  return { blob: await response.blob(), headers: response.headers };
}

/** A request answered with text of a type. */
export async function requestText(path: string, type: string): Promise<string> {
  const response = await send('GET', path, undefined, { Accept: type });
  return response.text();
}
