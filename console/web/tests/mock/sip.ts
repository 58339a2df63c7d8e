// Just enough SIP over WebSocket to ring a page and to be rung by one. It speaks to one page at a
// time and never carries media: the description it sends names a port where nobody answers.

import type { WebSocket } from 'ws';

const DESCRIPTION = (mid: string, setup: string): string => [
  'v=0', 'o=- 1 1 IN IP4 127.0.0.1', 's=-', 't=0 0', 'a=ice-lite', `a=group:BUNDLE ${mid}`,
  'm=audio 9 UDP/TLS/RTP/SAVPF 8 126', 'c=IN IP4 127.0.0.1', 'a=rtcp-mux', `a=mid:${mid}`, 'a=sendrecv',
  'a=ice-ufrag:mock', 'a=ice-pwd:mockmockmockmockmockmock', `a=setup:${setup}`,
  `a=fingerprint:sha-256 ${Array.from({ length: 32 }, () => 'AB').join(':')}`,
  'a=rtpmap:8 PCMA/8000', 'a=rtpmap:126 telephone-event/8000', 'a=fmtp:126 0-16',
  'a=candidate:1 1 udp 2130706431 127.0.0.1 9 typ host', 'a=end-of-candidates', '',
].join('\r\n');

interface Parsed { start: string; headers: Map<string, string[]>; body: string }

function parse(text: string): Parsed {
  const [head = '', body = ''] = text.split('\r\n\r\n', 2);
  const [start = '', ...lines] = head.split('\r\n');
  const headers = new Map<string, string[]>();
  for (const line of lines) {
    const at = line.indexOf(':');
    const name = line.slice(0, at).trim().toLowerCase();
    headers.set(name, [...(headers.get(name) ?? []), line.slice(at + 1).trim()]);
  }
  return { start, headers, body };
}

const first = (message: Parsed, name: string): string => message.headers.get(name)?.[0] ?? '';
const uriIn = (header: string): string => /<([^>]+)>/.exec(header)?.[1] ?? header;

interface Dialog { contact: string; callId: string; local: string; remote: string; target: string; cseq: number; over: boolean }

export interface SipEvents { registered(): void; answered(contact: string): void; hungUp(contact: string): void; dialled(): void; key(body: string): void }

/** One page's SIP connection. */
export class SipPage {
  private readonly socket: WebSocket;
  private readonly events: SipEvents;
  private registeredAt: string | null = null;
  private readonly dialogs = new Map<string, Dialog>();
  private counter = 0;

  constructor(socket: WebSocket, events: SipEvents) {
    this.socket = socket;
    this.events = events;
    socket.on('message', (data) => this.take(parse(String(data))));
  }

  get ready(): boolean {
    return this.registeredAt !== null && this.socket.readyState === this.socket.OPEN;
  }

  /** Rings the page for a contact. */
  invite(contact: string): void {
    if (!this.registeredAt) throw new Error('nobody registered');
    this.counter += 1;
    const callId = `mock-${contact}-${this.counter}`;
    const dialog: Dialog = { contact, callId, local: `<sip:centre@hctc>;tag=m${this.counter}`, remote: '<sip:page@hctc>', target: this.registeredAt, cseq: 1, over: false };
    this.dialogs.set(callId, dialog);
    this.request(dialog, 'INVITE', 1, [`X-Contact: ${contact}`, 'Content-Type: application/sdp'], DESCRIPTION('0', 'actpass'));
  }

  /** Ends every dialog of a contact. */
  end(contact: string): void {
    for (const dialog of this.dialogs.values()) {
      if (dialog.contact !== contact || dialog.over) continue;
      dialog.over = true;
      const answered = dialog.remote.includes('tag=');
      if (answered) this.request(dialog, 'BYE', (dialog.cseq += 1));
      else this.request(dialog, 'CANCEL', 1);
    }
  }

  private request(dialog: Dialog, method: string, cseq: number, extra: string[] = [], body = ''): void {
    this.put([
      `${method} ${dialog.target} SIP/2.0`, `Via: SIP/2.0/WS mock.invalid;branch=z9hG4bK${dialog.callId}${method === 'CANCEL' ? 'INVITE' : method}${cseq}`,
      'Max-Forwards: 70', `From: ${dialog.local}`, `To: ${dialog.remote}`, `Call-ID: ${dialog.callId}`, `CSeq: ${cseq} ${method}`,
      'Contact: <sip:centre@mock.invalid;transport=ws>', ...extra,
    ], body);
  }

  private put(lines: string[], body = ''): void {
    if (this.socket.readyState !== this.socket.OPEN) return;
    this.socket.send(`${[...lines, `Content-Length: ${Buffer.byteLength(body)}`].join('\r\n')}\r\n\r\n${body}`);
  }

  private reply(to: Parsed, status: string, extra: string[] = [], body = ''): void {
    const tag = first(to, 'to').includes('tag=') ? '' : ';tag=mock';
    this.put([
      `SIP/2.0 ${status}`, ...(to.headers.get('via') ?? []).map((via) => `Via: ${via}`), `From: ${first(to, 'from')}`, `To: ${first(to, 'to')}${tag}`,
      `Call-ID: ${first(to, 'call-id')}`, `CSeq: ${first(to, 'cseq')}`, ...extra,
    ], body);
  }

  private take(message: Parsed): void {
    if (message.start.startsWith('SIP/2.0')) {
      this.answered(message);
      return;
    }
    const method = message.start.split(' ')[0];
    if (method === 'REGISTER') this.register(message);
    else if (method === 'INVITE') this.accept(message);
    else if (method === 'BYE') {
      this.reply(message, '200 OK');
      const dialog = this.dialogs.get(first(message, 'call-id'));
      if (dialog && !dialog.over) {
        dialog.over = true;
        this.events.hungUp(dialog.contact);
      }
    } else if (method !== 'ACK') {
      if (method === 'INFO') this.events.key(message.body);
      this.reply(message, '200 OK');
    }
  }

  private register(message: Parsed): void {
    const contact = first(message, 'contact');
    const leaving = first(message, 'expires') === '0' || /expires=0/.test(contact);
    this.registeredAt = leaving ? null : uriIn(contact);
    this.reply(message, '200 OK', leaving ? [] : [`Contact: ${contact.replace(/;expires=\d+/, '')};expires=120`]);
    if (!leaving) this.events.registered();
  }

  private answered(message: Parsed): void {
    const dialog = this.dialogs.get(first(message, 'call-id'));
    const cseq = first(message, 'cseq');
    if (!dialog || !cseq.endsWith('INVITE')) return;
    const status = Number(message.start.split(' ')[1]);
    if (status < 200) return;
    dialog.remote = first(message, 'to');
    if (status < 300) dialog.target = uriIn(first(message, 'contact'));
    this.request(dialog, 'ACK', 1);
    if (status < 300) this.events.answered(dialog.contact);
    else dialog.over = true;
  }

  private accept(message: Parsed): void {
    this.events.dialled();
    const mid = /a=mid:(\S+)/.exec(message.body)?.[1] ?? '0';
    const dialog: Dialog = { contact: 'web', callId: first(message, 'call-id'), local: `${first(message, 'to')};tag=mock`, remote: first(message, 'from'), target: uriIn(first(message, 'contact')), cseq: 1, over: false };
    this.dialogs.set(dialog.callId, dialog);
    this.reply(message, '180 Ringing', ['Contact: <sip:centre@mock.invalid;transport=ws>']);
    this.reply(message, '200 OK', ['Contact: <sip:centre@mock.invalid;transport=ws>', 'Content-Type: application/sdp'], DESCRIPTION(mid, 'passive'));
  }
}
