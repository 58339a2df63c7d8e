// A server that speaks PROTOCOL.md to the built pages, for tests of the screens alone. Its headers are
// the real server's, so that a page which breaks the content policy breaks here too.

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { readFile } from 'node:fs/promises';
import { extname, join, normalize } from 'node:path';
import type { AddressInfo } from 'node:net';
import { WebSocketServer, type WebSocket } from 'ws';
import type { DeskOut, DeskState, Engagement, Message, WallQueue } from '../src/parts/protocol';
import * as data from './mock/data';
import { SipPage } from './mock/sip';

const DIST = join(import.meta.dirname, '../dist');
const POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; media-src 'self' blob:; connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";
const PAGES = new Set(['desk', 'wall', 'records', 'call', 'chat', 'away']);
const TYPES: Record<string, string> = { '.html': 'text/html; charset=utf-8', '.js': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml' };

type Answer = { status: number; body?: unknown; bytes?: Buffer; headers?: Record<string, string> };

export class Mock {
  readonly frames: DeskOut[] = [];
  readonly chatFrames: Record<string, unknown>[] = [];
  readonly requests: { path: string; body: unknown }[] = [];
  desk: Omit<DeskState, 't'> = { presence: { is: 'offline' }, phone: { registered: false }, engagements: [], waiting: [], break_owed: false };
  sip: SipPage | null = null;
  dialled = 0;
  readonly keys: string[] = [];
  refuseLogin: Answer | null = null;
  /** Answers the next changes of a queue with this. */
  refuseSwitch: Answer | null = null;
  /** How the stories of contacts are answered, when not with one. */
  why: Answer | null = null;
  /** Answers for stories wait for this. */
  whyWaits: Promise<void> = Promise.resolve();
  private readonly server: Server;
  private readonly sockets = new WebSocketServer({ noServer: true, handleProtocols: (protocols) => (protocols.has('sip') ? 'sip' : false) });
  private readonly desks = new Set<WebSocket>();
  private readonly chats = new Set<WebSocket>();
  private readonly walls = new Map<WebSocket, boolean>();
  private readonly switched = new Map<string, Partial<WallQueue>>();
  private readonly said = new Map<string, Message[]>();
  private chatLines: Message[] = [];
  private registered: (() => void)[] = [];

  private constructor() {
    this.server = createServer((request, response) => void this.serve(request, response));
    this.server.on('upgrade', (request, socket, head) => {
      this.sockets.handleUpgrade(request, socket, head, (ws) => this.open(request, ws));
    });
  }

  static async start(): Promise<Mock> {
    const mock = new Mock();
    await new Promise<void>((resolve) => mock.server.listen(0, '127.0.0.1', resolve));
    return mock;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    for (const client of this.sockets.clients) client.terminate();
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  /** Resolves when a page's phone is registered. */
  async phone(): Promise<void> {
    if (this.sip?.ready) return;
    await new Promise<void>((resolve) => this.registered.push(resolve));
  }

  change(over: Partial<Omit<DeskState, 't'>>): void {
    this.desk = { ...this.desk, ...over };
    for (const desk of this.desks) this.sendState(desk);
  }

  /** Puts an engagement on the desk, replacing one of the same contact. */
  put(one: Engagement): void {
    this.change({ engagements: [...this.desk.engagements.filter((old) => old.contact !== one.contact), one] });
  }

  edit(contact: string, over: Partial<Engagement>): void {
    this.change({ engagements: this.desk.engagements.map((one) => (one.contact === contact ? { ...one, ...over } : one)) });
  }

  offerCall(over: Partial<Engagement> = {}): Engagement {
    const one = data.engagement(Date.now(), over);
    this.put(one);
    this.sip?.invite(one.contact);
    return one;
  }

  message(contact: string, from: Message['from'], text: string): void {
    const lines = this.said.get(contact) ?? [];
    const line = { seq: lines.length + 1, from, text, at: Date.now() };
    this.said.set(contact, [...lines, line]);
    for (const desk of this.desks) desk.send(JSON.stringify({ t: 'message', contact, ...line }));
  }

  typing(contact: string): void {
    for (const desk of this.desks) desk.send(JSON.stringify({ t: 'typing', contact }));
  }

  chat(frame: Record<string, unknown>): void {
    for (const chat of this.chats) chat.send(JSON.stringify(frame));
  }

  chatLine(from: Message['from'], text: string): void {
    const line = { seq: this.chatLines.length + 1, from, text, at: Date.now() };
    this.chatLines.push(line);
    this.chat({ t: 'msg', ...line, at: new Date(line.at).toISOString() });
  }

  /** Cuts every WebSocket, as a restart would. */
  cut(): void {
    for (const client of this.sockets.clients) client.terminate();
  }

  private sendState(desk: WebSocket): void {
    desk.send(JSON.stringify({ t: 'state', ...this.desk }));
  }

  private sendWall(socket: WebSocket): void {
    const frame = data.wall(Date.now(), this.walls.get(socket) ?? false);
    socket.send(JSON.stringify({ ...frame, queues: frame.queues.map((queue) => ({ ...queue, ...this.switched.get(queue.queue) })) }));
  }

  /** What a supervisor did to a queue; every wall shows it. */
  private switchQueue(queue: string, over: Partial<WallQueue>): Answer {
    if (this.refuseSwitch) return this.refuseSwitch;
    this.switched.set(queue, { ...this.switched.get(queue), ...over });
    for (const socket of this.walls.keys()) this.sendWall(socket);
    return { status: 204 };
  }

  private open(request: IncomingMessage, socket: WebSocket): void {
    const path = new URL(request.url ?? '/', 'http://mock').pathname;
    if (path === '/sip') this.openSip(socket);
    else if (path === '/chat/ws') this.openChat(socket);
    else if (path === '/api/wall/ws') {
      this.walls.set(socket, this.who(request) === 'wanjiru');
      socket.on('close', () => this.walls.delete(socket));
      this.sendWall(socket);
    }
    else if (path === '/api/desk/ws') {
      this.desks.add(socket);
      socket.on('close', () => this.desks.delete(socket));
      socket.on('message', (text) => this.obey(socket, JSON.parse(String(text)) as DeskOut));
      this.sendState(socket);
      for (const [contact, lines] of this.said) for (const line of lines) socket.send(JSON.stringify({ t: 'message', contact, ...line }));
    }
  }

  private openSip(socket: WebSocket): void {
    this.sip = new SipPage(socket, {
      registered: () => {
        this.change({ phone: { registered: true } });
        this.registered.splice(0).forEach((done) => done());
        // A contact that is already connected is rung again: the page was reloaded.
        for (const one of this.desk.engagements) if (one.channel === 'voice' && ['connected', 'held'].includes(one.state)) this.sip?.invite(one.contact);
      },
      answered: (contact) => this.edit(contact, { state: 'connected', since: Date.now(), until: null }),
      hungUp: (contact) => this.wrapUp(contact),
      dialled: () => (this.dialled += 1),
      key: (body) => this.keys.push(/Signal=(\S)/.exec(body)?.[1] ?? '?'),
    });
    socket.on('close', () => this.change({ phone: { registered: false } }));
  }

  private wrapUp(contact: string): void {
    this.edit(contact, { state: 'wrap_up', since: Date.now(), until: Date.now() + 60_000, recording: 'none' });
  }

  private obey(desk: WebSocket, frame: DeskOut): void {
    this.frames.push(frame);
    switch (frame.t) {
      case 'presence': this.change({ presence: frame.presence, leaving: null }); break;
      case 'leaving': this.change({ leaving: frame.then }); break;
      case 'accept': this.edit(frame.contact, { state: 'connected', since: Date.now(), until: null }); break;
      case 'decline': this.sip?.end(frame.contact); this.change({ engagements: this.desk.engagements.filter((one) => one.contact !== frame.contact) }); break;
      case 'hold': this.edit(frame.contact, { state: frame.on ? 'held' : 'connected' }); break;
      case 'confidential': this.edit(frame.contact, { lane: frame.lane, risk: frame.risk, recording: 'none', citizen: null }); break;
      case 'transfer': case 'hang_up': this.sip?.end(frame.contact); this.wrapUp(frame.contact); break;
      case 'extend': this.edit(frame.contact, { until: (this.desk.engagements.find((one) => one.contact === frame.contact)?.until ?? 0) + 30_000 }); break;
      case 'wrap_up': this.said.delete(frame.contact); this.change({ engagements: this.desk.engagements.filter((one) => one.contact !== frame.contact) }); break;
      case 'say': {
        const seq = (this.said.get(frame.contact)?.length ?? 0) + 1;
        desk.send(JSON.stringify({ t: 'said', contact: frame.contact, id: frame.id, seq }));
        this.message(frame.contact, 'agent', frame.text);
        break;
      }
      case 'typing': break;
    }
  }

  private openChat(socket: WebSocket): void {
    this.chats.add(socket);
    socket.on('close', () => this.chats.delete(socket));
    const send = (frame: unknown): void => socket.send(JSON.stringify(frame));
    socket.on('message', (text) => {
      const frame = JSON.parse(String(text)) as Record<string, unknown>;
      this.chatFrames.push(frame);
      if (frame['t'] === 'open') {
        this.chatLines = [];
        send({ t: 'opened', conv: 'c_1', token: 'secret-token' });
        this.chatLine('centre', 'Karibu Huduma Kenya. Andika 1 kwa vitambulisho, 2 kwa kodi na biashara, 0 kuzungumza na mhudumu.');
      } else if (frame['t'] === 'resume') {
        for (const line of this.chatLines.filter((one) => one.seq > Number(frame['after_seq']))) send({ t: 'msg', ...line, at: new Date(line.at).toISOString() });
        send({ t: 'resumed', seq: this.chatLines.length });
      } else if (frame['t'] === 'msg') {
        const line = { seq: this.chatLines.length + 1, from: 'citizen' as const, text: String(frame['text']), at: Date.now() };
        this.chatLines.push(line);
        send({ t: 'ack', id: frame['id'], seq: line.seq, at: new Date(line.at).toISOString() });
      }
    });
  }

  private who(request: IncomingMessage): string | null {
    return /hctc_session=(\w+)/.exec(request.headers.cookie ?? '')?.[1] ?? null;
  }

  private async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = new URL(request.url ?? '/', 'http://mock').pathname;
    response.setHeader('Content-Security-Policy', POLICY);
    response.setHeader('Referrer-Policy', 'no-referrer');
    response.setHeader('X-Content-Type-Options', 'nosniff');
    response.setHeader('Cache-Control', 'no-store');
    if (!path.startsWith('/api/')) {
      await this.file(path, response);
      return;
    }
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body: unknown = chunks.length > 0 ? JSON.parse(Buffer.concat(chunks).toString()) : null;
    this.requests.push({ path, body });
    const ours = request.method === 'GET' || request.headers['x-hctc'] === '1';
    if (path.endsWith('/why')) await this.whyWaits;
    const answer = ours ? this.api(request, path, body as Record<string, string>) : { status: 400 };
    response.writeHead(answer.status, { 'Content-Type': answer.bytes ? 'audio/wav' : 'application/json', ...answer.headers });
    response.end(answer.bytes ?? (answer.body === undefined ? undefined : JSON.stringify(answer.body)));
  }

  private async file(path: string, response: ServerResponse): Promise<void> {
    const name = path === '/' ? 'index.html' : PAGES.has(path.slice(1)) ? `${path.slice(1)}.html` : normalize(path).slice(1);
    try {
      const bytes = await readFile(join(DIST, name));
      response.writeHead(200, { 'Content-Type': TYPES[extname(name)] ?? 'application/octet-stream' });
      response.end(bytes);
    } catch {
      response.writeHead(404).end();
    }
  }

  private api(request: IncomingMessage, path: string, body: Record<string, string>): Answer {
    if (path === '/api/login') return this.login(body);
    if (path === '/api/citizen/call') return { status: 200, body: { token: 't', user: 'web', secret: 's', uri: 'sip:web@hctc', ws: '/sip?token=t', dial: 'sip:0206900020@hctc' } };
    const me = data.PEOPLE[this.who(request) ?? ''];
    if (!me) return { status: 401, body: { refused: 'no_log_in', sw: 'Ingia kwanza.', en: 'Log in first.' } };
    if (path === '/api/me') return { status: 200, body: me };
    if (path === '/api/logout') return { status: 204, headers: { 'Set-Cookie': 'hctc_session=; Max-Age=0' } };
    if (path === '/api/figures') return this.figures(request, me.clearances.length > 0);
    return this.staff(path, request.method ?? 'GET', body);
  }

  private figures(request: IncomingMessage, cleared: boolean): Answer {
    const query = new URL(request.url ?? '/', 'http://mock').searchParams;
    if (request.headers.accept === 'text/csv') return { status: 200, bytes: Buffer.from('day,time,key,arrived\r\n'), headers: { 'Content-Type': 'text/csv' } };
    return { status: 200, body: data.figures(query, cleared) };
  }

  private login(body: Record<string, string>): Answer {
    if (this.refuseLogin) return this.refuseLogin;
    const me = data.PEOPLE[body['name'] ?? ''];
    if (!me || body['password'] !== data.PASSWORD || body['code'] !== data.CODE) return { status: 401, body: { refused: 'wrong_log_in', sw: 'Si sahihi.', en: 'Not right.' } };
    return { status: 200, body: me, headers: { 'Set-Cookie': `hctc_session=${me.name}; HttpOnly; SameSite=Strict; Path=/` } };
  }

  private staff(path: string, method: string, body: Record<string, string>): Answer {
    const now = Date.now();
    const ok = (answer: unknown): Answer => ({ status: 200, body: answer });
    if (path === '/api/desk/device') return ok({ user: 'page1', secret: 's', uri: 'sip:page1@hctc', ws: '/sip', expires: now + 43_200_000 });
    if (path === '/api/desk/devices') return method === 'POST' ? ok({ user: 'phone-4k2', secret: 'vd7Q-m3Zp-x8Lw-2hTn', registrar: '127.0.0.1:5060', label: body['label'] }) : ok([{ user: 'phone-9rt', label: 'Meza 12' }]);
    if (path.startsWith('/api/desk/devices/')) return { status: 204 };
    if (path === '/api/wall/presence') return { status: 204 };
    if (path === '/api/wall/switch') return this.switchQueue(body['queue'] ?? '', { switch: body['to'] as NonNullable<WallQueue['switch']>, open: body['to'] !== 'closed' });
    if (path === '/api/wall/surge') return this.switchQueue(body['queue'] ?? '', { surge: Boolean(body['on']) });
    if (path.endsWith('/why')) return this.why ?? ok(data.story(now));
    if (path === '/api/crm/recent') return ok(data.recent(now));
    if (path === '/api/crm/services') return ok(data.SERVICES);
    if (path === '/api/crm/search') return ok({ citizens: [{ id: data.CITIZEN, name: 'Kipchoge Rono', number: '0700 000 417', contacts: 4 }], cases: [data.caseOf(now, 'HK-7F3A9C', 'open', 'Kitambulisho kilichopotea')] });
    if (path.startsWith('/api/crm/citizens/')) return ok(data.timeline(now));
    if (path.endsWith('/notes')) return { status: 201 };
    if (path.endsWith('/cases')) return ok(data.caseOf(now, 'HK-5C20E1', 'open', body['title'] ?? '', body['kind']));
    if (path.endsWith('/citizen')) return { status: 204 };
    if (/^\/api\/crm\/contacts\/\w+$/.test(path)) return this.record(path.slice(-26), now);
    if (path.startsWith('/api/recordings/')) return { status: 200, bytes: data.wav(), headers: { 'X-Recording-Complete': 'false' } };
    if (path === '/api/audit') return ok({ lines: [{ seq: 1, at: now - 60_000, who: 'wanjiru', what: 'recording_played', contact: data.CITIZEN, reason: 'Malalamiko ya mwananchi' }], intact: true });
    return { status: 404, body: { refused: 'absent', sw: 'Haipo.', en: 'There is no such thing.' } };
  }

  private record(contact: string, now: number): Answer {
    const one = this.desk.engagements.find((each) => each.contact === contact);
    const known = data.recent(now).find((each) => each.contact === contact) ?? data.record(now, 1, { contact });
    return { status: 200, body: one && !one.citizen ? { ...known, contact, citizen: null, cases: [], notes: [] } : known };
  }
}
