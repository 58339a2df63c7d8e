// The shapes of PROTOCOL.md. Nothing here decides anything; times are milliseconds since 1970 UTC.

import type { Language } from './texts';

export type Lane = 'gbv' | 'child' | 'mental_health' | 'special_needs' | 'standard';
export type Risk = 'P0' | 'P1' | 'P2' | 'P3';
export type Both = Record<Language, string>;
export type Role = 'agent' | 'supervisor' | 'admin' | 'dpo';
export type Presence = { is: 'ready' } | { is: 'away'; reason: string } | { is: 'offline' };

export interface Me {
  name: string;
  shown_as: string;
  roles: Role[];
  clearances: Lane[];
  languages: string[];
  away_reasons: string[];
  dispositions: string[];
  queues: KnownQueue[];
}

/** A queue the viewer may see; its lane where the server tells it. */
export interface KnownQueue { name: string; shown_as: Both; lane?: Lane }

export interface CaseRef { reference: string; state: string; title: string }
export interface Case extends CaseRef { kind: string; service: string | null; opened: number; due: number | null }
export interface Known { name: string; number: string | null; contacts: number; last: number | null; cases: CaseRef[] }
export interface Citizen { id: string; name: string; number: string | null; contacts: number }

export type EngagementState = 'offered' | 'connecting' | 'connected' | 'held' | 'wrap_up';
export type LiveRecording = 'on' | 'off' | 'refused' | 'none';

export interface Engagement {
  contact: string;
  channel: string;
  state: EngagementState;
  offer: number;
  since: number;
  until: number | null;
  queue: string | null;
  queue_shown_as: Both | null;
  lane: Lane;
  risk: Risk;
  language: string | null;
  arrived: number;
  why: { order: string; agent: string; candidates: number; score: number } | null;
  citizen: Known | null;
  recording: LiveRecording;
  crisis_card: boolean;
}

export interface DeskState {
  t: 'state';
  presence: Presence | null;
  phone: { registered: boolean };
  engagements: Engagement[];
  waiting: { queue: string; waiting: number; longest_since: number | null }[];
  break_owed: boolean;
  /** What the agent does once the last contact is over; nothing: they stay. */
  leaving?: Presence | null;
}

export type Side = 'citizen' | 'agent' | 'centre';
export interface Refusal { refused: string; sw: string; en: string }
export type DeskIn =
  | DeskState
  | { t: 'message'; contact: string; seq: number; from: Side; text: string; at: number }
  | { t: 'typing'; contact: string }
  | { t: 'said'; contact: string; id: string; seq: number }
  | ({ t: 'refused' } & Refusal);
export type DeskOut =
  | { t: 'presence'; presence: Presence }
  | { t: 'accept' | 'decline'; contact: string; offer: number }
  | { t: 'hold'; contact: string; on: boolean }
  | { t: 'confidential'; contact: string; lane: Lane; risk: Risk }
  | { t: 'hang_up' | 'extend' | 'typing'; contact: string }
  | { t: 'transfer'; contact: string; queue: string }
  | { t: 'leaving'; then: Presence | null }
  | { t: 'wrap_up'; contact: string; disposition: string; note: string }
  | { t: 'say'; contact: string; id: string; text: string };

export interface Device { user: string; secret: string; uri: string; ws: string; expires: number | null }
export interface DeskPhone { user: string; label: string; registered?: boolean }
export interface NewDeskPhone { user: string; secret: string; registrar: string; label: string }
export interface Service { id: string; institution: string; service: string; status: string }

export interface Message { seq: number; from: Side; text: string; at: number }
export interface Note { at: number; by: string; text: string }
export type KeptRecording = 'none' | 'refused' | 'on' | 'kept' | 'discarded' | 'sealed' | 'incomplete';
export interface ContactRecord {
  contact: string;
  channel: string;
  lane: Lane;
  risk: Risk;
  queue: string | null;
  language: string | null;
  arrived: number;
  waited_ms: number | null;
  talked_ms: number | null;
  agent: string | null;
  ended: { by: string; cause: string } | null;
  disposition: string | null;
  recording: { state: KeptRecording; id: string | null; length_ms: number | null };
  transcript?: { state: 'none' | 'waiting' | 'no_model' | 'done'; segments: { side: string; from_ms: number; to_ms: number; text: string }[] };
  notes: Note[];
  cases: Case[];
  citizen: Citizen | null;
  messages?: Message[];
}

/** One sentence of a contact's story. */
export interface Told extends Both { at: number }

export interface Found { citizens: Citizen[]; cases: Case[] }
export interface Timeline { id: string; name: string; number: string | null; timeline: ContactRecord[]; cases: Case[] }
export interface AuditLine { seq: number; at: number; who: string; what: string; contact: string | null; reason: string | null }

export interface WallQueue {
  queue: string;
  shown_as: Both;
  waiting: number;
  longest_since: number | null;
  agents_ready: number;
  arrived: number;
  answered: number;
  abandoned: number;
  service_level: number | null;
  average_wait_ms: number | null;
  target_seconds?: number;
  target_percent?: number;
  /** Whether it takes contacts now, what it was switched to, and whether supervisors serve it too. */
  open?: boolean;
  switch?: Switch;
  surge?: boolean;
}
export type Switch = 'calendar' | 'open' | 'closed';
export type Doing = 'free' | 'offered' | 'talking' | 'held' | 'wrap_up' | 'chat';
export interface WallAgent { name: string; shown_as: string; presence: Presence; doing: Doing; since: number; contacts: number }
export interface ChannelFigures { arrived: number; waiting: number; answered: number; abandoned: number }
export interface Wall {
  t: 'wall';
  at: number;
  queues: WallQueue[];
  agents: WallAgent[];
  presence: { ready: number; away: number; offline: number };
  totals: ChannelFigures & { self_served: number; service_level: number | null };
  channels: Record<string, ChannelFigures>;
  lanes?: { lane: Lane; waiting: number; longest_since: number | null; ready_cleared: number }[];
  alarms: { alarm: string; contact?: string | null; since: number | null }[];
}

/** One row of figures; which columns it has depends on what was asked for. */
export interface FigureRow {
  at: number;
  key: string | null;
  shown_as?: Both | string;
  left_out?: string[];
  [column: string]: unknown;
}
export interface Figures { from: string; to: string; at: number; small_count: number | null; rows: FigureRow[]; totals: FigureRow[] }

const SAFEGUARDING: readonly Lane[] = ['gbv', 'child', 'mental_health'];

/** Whether the rules of the safe line apply to a lane. */
export function isSafeguarding(lane: Lane): boolean {
  return SAFEGUARDING.includes(lane);
}

/** Channels that are a call; the others are written. */
export function isVoice(channel: string): boolean {
  return channel === 'voice';
}

/** A case's service for a line of text: an id of the catalogue says nothing to a person. */
export function serviceText(one: Case): string {
  return one.service && !/^svc-/.test(one.service) ? ` · ${one.service}` : '';
}
