// A WebSocket of JSON frames that comes back by itself. It owns connecting, back-off and parsing;
// what frames mean is its owner's. Plain TypeScript: the citizen's chat uses it too.

import { backoff } from './backoff';

export type Link = 'connecting' | 'open' | 'lost' | 'closed';

export interface LiveSocketEvents<In> {
  frame(frame: In): void;
  link(link: Link): void;
  /** The server closed with this code; says whether to come back. Without it, always. */
  closed?(code: number): boolean;
}

/** The back-off stops growing here. */
const MAX_ATTEMPT = 10;

export class LiveSocket<In, Out> {
  private socket: WebSocket | null = null;
  private attempt = 0;
  private timer = 0;
  private over = false;
  private readonly path: string;
  private readonly events: LiveSocketEvents<In>;
  private readonly wake = (): void => this.retryNow();

  /** `path` is on this origin. The server pings; browsers answer by themselves. */
  constructor(path: string, events: LiveSocketEvents<In>) {
    this.path = path;
    this.events = events;
    addEventListener('online', this.wake);
    this.connect();
  }

  /** Sends when open; says whether it was. */
  send(frame: Out): boolean {
    if (this.socket?.readyState !== WebSocket.OPEN) return false;
    this.socket.send(JSON.stringify(frame));
    return true;
  }

  close(): void {
    this.over = true;
    clearTimeout(this.timer);
    removeEventListener('online', this.wake);
    this.socket?.close();
    this.socket = null;
    this.events.link('closed');
  }

  private retryNow(): void {
    if (this.over || this.socket) return;
    clearTimeout(this.timer);
    this.connect();
  }

  private connect(): void {
    this.events.link(this.attempt === 0 ? 'connecting' : 'lost');
    const url = new URL(this.path, location.href);
    url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
    const socket = new WebSocket(url);
    this.socket = socket;
    socket.onopen = () => {
      this.attempt = 0;
      this.events.link('open');
    };
    socket.onmessage = (message) => {
      const frame = parse<In>(message.data);
      if (frame) this.events.frame(frame);
    };
    socket.onclose = (event) => {
      if (this.over || this.socket !== socket) return;
      this.socket = null;
      if (this.events.closed && !this.events.closed(event.code)) {
        this.close();
        return;
      }
      this.attempt = Math.min(this.attempt + 1, MAX_ATTEMPT);
      this.events.link('lost');
      this.timer = window.setTimeout(() => this.connect(), backoff(this.attempt - 1, Math.random()));
    };
  }
}

function parse<In>(data: unknown): In | null {
  if (typeof data !== 'string') return null;
  try {
    return JSON.parse(data) as In;
  } catch {
    return null;
  }
}
