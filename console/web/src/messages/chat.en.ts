// English of the citizen's chat; chat.sw.ts decides the keys.
import type { chat as sw } from './chat.sw';

export const chat: Record<keyof typeof sw, string> = {
  tab: 'Information', title: 'Write with us', leave: 'Leave quickly', leave_hint: 'Or press Esc twice. Browser history may remain: clear it if others use this device.', other_language: 'Kiswahili', theme: 'Switch light and dark',
  lead: 'An agent will answer you here. You need not give a name.', language: 'Language of the conversation', sw: 'Kiswahili', en: 'English', confidential: 'I need confidential help', confidential_hint: 'We ask for no name or number. Only a counsellor will see it.', name: 'Name (optional)', phone: 'Phone number (optional)',
  notice: 'Huduma Kenya uses what you write to serve you, to handle complaints and to improve its service; only the institution handling your request sees it. You have the right to a copy, to correct it or to ask that it be erased. Never write a password or PIN.', start: 'Start the conversation', danger: 'In danger right now, call 999 or 112. Gender-based violence: 1195. Child: 116.',
  log: 'Conversation', write: 'Write a message', send: 'Send', end: 'End', position: 'You are number {n} in the queue.', wait: 'Waiting time: about {n} minutes.', wait_short: 'Waiting time: less than a minute.', with: 'You are writing with {name}', typing: 'Typing…', connecting: 'Connecting…', reconnecting: 'The network was lost. Reconnecting…', ended: 'The conversation is over.', again: 'Start again',
  you: 'You', agent: 'Agent', centre: 'Huduma Kenya', sending: 'sending', end_sure: 'Press again to end', too_long: 'The message is too long ({n} letters over).', phone_bad: 'This phone number is not right. Example: 0712 345678.', resumed: 'We continued where you left.',
};
