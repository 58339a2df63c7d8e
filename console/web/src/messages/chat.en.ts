// English of the citizen's chat; chat.sw.ts decides the keys.
import type { chat as sw } from './chat.sw';

export const chat: Record<keyof typeof sw, string> = {
  tab: 'Information', title: 'Write with us', leave: 'Leave quickly', leave_hint: 'To leave quickly with the keyboard, press Esc twice. Browser history may remain: clear it if others use this device.', other_language: 'Kiswahili', theme: 'Switch light and dark',
  lead: 'An agent will answer you here. You need not give a name.', language: 'Language of the conversation', sw: 'Kiswahili', en: 'English', confidential: 'I need confidential help', confidential_hint: 'We ask for no name or number. Only a counsellor will see it.', phone: 'Phone number (optional)',
  notice: 'Huduma Kenya uses what you write to serve you, to handle complaints and to improve its service; only the institution handling your request sees it. You have the right to a copy, to correct it or to ask that it be erased. Never write a password or PIN.', start: 'Start the conversation', danger: 'In danger right now, call 999 or 112. Gender-based violence: 1195. Child: 116.',
  log: 'Conversation', write: 'Write a message', send: 'Send', end: 'End', position: 'You are number {n} in the queue.', wait: 'Waiting time: about {n} minutes.', wait_short: 'Waiting time: less than a minute.', with: 'You are writing with {name}', typing: 'Typing…', connecting: 'Connecting…', reconnecting: 'The network was lost. Reconnecting…', ended: 'The conversation is over.', again: 'Start again',
  you: 'You', agent: 'Agent', centre: 'Huduma Kenya', sending: 'sending', end_sure: 'Press again to end', too_long: 'The message is too long ({n} letters over).', phone_bad: 'This phone number is not right. Example: 0712 345678.', resumed: 'We continued where you left.',
  idle: 'Are you still there? The conversation ends in {n} minutes unless you write.', elsewhere: 'The conversation goes on in another window. Reload this page to continue here.',
  refused_too_long: 'The message is too long; it was not sent.', refused_slow_down: 'You are sending too fast; we try again in a few seconds.', refused_not_stored: 'The message is not stored yet; we are trying again.', refused_full: 'This conversation is full. Start a new one.',
  refused_gone: 'That conversation is over. You can start a new one.', refused_opening: 'The conversation did not start. Reload the page and try again.', refused_busy: 'Many people are here right now. We keep trying.',
};
