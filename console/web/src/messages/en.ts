// English. sw.ts beside it decides the keys; a missing or extra one does not compile.
import type * as sw from './sw';

type Same<T> = Record<keyof T, string>;

export const common: Same<typeof sw.common> = {
  product: 'HCTC', other_language: 'Kiswahili', skip: 'Skip to the work', close: 'Close', cancel: 'Cancel', save: 'Save',
  theme_dark: 'Use dark colours', theme_light: 'Use light colours', log_out: 'Log out', desk: 'Desk', wall: 'Wall', records: 'Records',
  offline: 'The server cannot be reached. Check your network and try again.', fault: 'Something failed. Give this number to support: {id}', loading: 'Loading…',
  none: 'None',
  no_right: 'You have no right to this page.', session_over: 'Your session is over. Please log in again.', pages: 'Pages',
};

export const login: Same<typeof sw.login> = {
  title: 'Log in', lead: 'For agents and supervisors of the centre.', name: 'Log-in name', password: 'Password', code: 'Six-digit code',
  code_hint: 'From the authenticator on your phone.', enter: 'Log in', entering: 'Logging in…',
  missing_name: 'Enter your log-in name.', missing_password: 'Enter your password.', bad_code: 'The code is six digits, such as 123456.',
  wrong: 'Name, password or code is not right.', too_many: 'Too many tries. Wait {wait} and try again.',
};

export const words: Same<typeof sw.words> = {
  gbv: 'Gender-based violence', child: 'Child safety', mental_health: 'Mental health', special_needs: 'Special needs', standard: 'Standard',
  P0: 'P0 imminent danger', P1: 'P1 high risk', P2: 'P2 moderate risk', P3: 'P3 ordinary',
  voice: 'Call', web_chat: 'Chat', whats_app: 'WhatsApp', messenger: 'Messenger', instagram: 'Instagram', x: 'X', telegram: 'Telegram', sms: 'SMS', ussd: 'USSD', email: 'Email',
  sw: 'Kiswahili', en: 'English', other_tongue: 'Language: {code}',
  ready: 'Ready', away: 'Away', offline: 'Offline',
  break: 'Break', meal: 'Meal', training: 'Training', meeting: 'Meeting', recovery: 'Recovery after a hard call', no_answer: 'No answer', lost: 'Lost the network',
  resolved: 'Resolved', follow_up: 'Needs follow-up', escalated: 'Escalated', wrong_number: 'Wrong number', no_speech: 'Nobody spoke',
  free: 'Free', offered: 'Being offered', talking: 'Talking', held: 'Holding', wrap_up: 'Wrapping up', chat: 'Chatting', connecting: 'Connecting',
  open: 'Open', pending: 'Pending', closed: 'Closed', complaint: 'Complaint', inquiry: 'Inquiry', update: 'Follow-up', compliment: 'Compliment',
  citizen: 'Citizen', agent: 'Agent', supervisor: 'Supervisor', centre: 'Centre',
  normal: 'ordinary', self_served: 'self-served', busy: 'centre full', unknown_number: 'unknown number', fault: 'fault', restart: 'system restarted', idle: 'idle',
  online: 'Online', online_county_portals: 'Online, county portal', partial: 'Partly online', digitized_in_person: 'Come in person', manual: 'Counter only',
  safeguarding_waiting: 'A confidential contact is waiting', no_cleared_agent: 'No cleared counsellor is ready', imminent_dropped: 'An imminent-danger call dropped', expiry_storm: 'Many offers unanswered: check the platform', journal_stalled: 'The journal cannot be written',
};

export const desk: Same<typeof sw.desk> = {
  title: 'Agent desk', presence: 'Presence', be_ready: 'Ready', be_away: 'Away', be_offline: 'Offline', away_reason: 'Reason for being away',
  break_owed: 'You are owed a break after hard conversations. Take it when you can.', take_break: 'Take it now',
  reconnecting: 'The connection to the server is lost. Reconnecting…', phone_on: 'Phone ready', phone_other: 'Desk phone ready', phone_off: 'Phone not connected', phone_joining: 'Phone connecting…',
  mic_off: 'Microphone is off', sound: 'Sound', devices: 'Desk phones', help: 'Keyboard shortcuts', hear: 'Turn the call sound on', blocked_sound: 'The browser has blocked sound. Press to hear the citizen.',
  contacts: 'My contacts', no_contacts: 'No contacts at the moment.', idle_ready: 'You are ready', idle_ready_text: 'The next contact will appear here, and you will hear it ring.',
  idle_away: 'You are not receiving contacts', idle_away_text: 'Press “Ready” when you want to start.', waiting_now: 'Waiting now', waiting: 'Waiting', nobody_waits: 'Nobody is waiting.',
  offer: 'New contact', offer_from: '{channel} from {queue}', answer: 'Answer', accept: 'Accept', decline: 'Decline', answering: 'Connecting…', on_desk_phone: 'Answer on your desk phone', no_phone_here: 'No phone is connected here: open Sound, or answer on a desk phone.',
  with_us: 'With us for', language: 'Language', expires_in: '{n} s left', contacts_before: '{n} contacts before', last_on: 'last {date}', first_time: 'First time', open_cases: 'Open cases', confidential_unknown: 'Confidential contact. No identity is shown.',
  confidential_short: 'Confidential', why: 'Why me', why_only: 'you alone are free for it', why_longest_idle: 'you have been free longest', why_highest_level: 'you have the highest skill', why_several: 'every free counsellor is being called', why_last_resort: 'no other counsellor could be reached', candidates: 'of {n}',
  connected: 'Talking', held: 'On hold', connecting: 'Connecting', wrap_up: 'Wrap up', offered: 'New', chatting: 'Chatting', call_controls: 'Call controls',
  mute: 'Mute', unmute: 'Unmute', muted: 'Microphone muted', hold: 'Hold', resume: 'Resume', hang_up: 'Hang up', end_chat: 'End chat', keypad: 'Keypad', confidential: 'Make confidential',
  rec_on: 'Recording', rec_off: 'Not recorded', rec_refused: 'Recording refused', rec_none: 'Not recorded', no_audio: 'The sound has not reached this page. Bringing the call back…',
  crisis_title: 'Crisis card', crisis_1: 'Stay with them. Listen, do not judge, never threaten police.', crisis_2: 'Ask: “Are you safe right now?” In immediate danger: 999 or 112.', crisis_3: 'Gender-based violence: 1195. Child: 116. Ask before you connect them to anyone.', crisis_4: 'Never call back without consent. Tell your supervisor.',
  make_confidential: 'Make this contact confidential', confidential_text: 'Recording stops at once, and nobody without clearance will see this contact again. One person alone cannot undo it.', lane: 'Kind of help', risk: 'Risk', confirm_confidential: 'Make confidential now',
  chat_log: 'Chat conversation', write: 'Write a message', send: 'Send', citizen_typing: 'The citizen is typing…', unread: '{n} unread', sending: 'sending', not_sent: 'not sent', composer_hint: 'Enter sends, Shift+Enter adds a line.', chat_over: 'The chat is over.', no_messages: 'No messages yet.',
  wrap_title: 'Wrap up', disposition: 'Disposition', note: 'Note', note_hint: 'What was asked, what was done, what comes next.', finish: 'Finish', extend: 'More time', time_left: 'Time left', over_time: 'Time is up', choose_disposition: 'Choose a disposition.',
  side: 'About the contact', tab_citizen: 'Citizen', tab_cases: 'Cases', tab_notes: 'Notes', tab_services: 'Services', name: 'Name', set_name: 'Set name', number: 'Phone number', no_number: 'Unknown', number_hidden: 'No number is shown', timeline: 'Timeline', no_timeline: 'No history.', contact_id: 'Record',
  new_case: 'New case', kind: 'Kind', case_title: 'Case title', open_case: 'Open case', case_opened: 'Case {reference} is open. Read this number to the citizen.', no_cases: 'No cases.', due: 'due {date}', service: 'Service', missing_title: 'Enter a case title.',
  add_note: 'Add note', no_notes: 'No notes yet.', note_saved: 'Note saved.', search_services: 'Search services or institutions', no_services: 'No service matches.', pick_contact: 'Choose a contact to see its details.',
  sound_title: 'Sound check', sound_lead: 'Do this before going ready. Speak and watch the meter move, then listen to the test tone.', mic: 'Microphone', speaker: 'Speaker', level: 'Sound level', allow_mic: 'Turn on microphone', test_tone: 'Play test tone', ring_volume: 'Ring volume', default_device: 'Default device',
  mic_denied: 'The browser blocks the microphone. Press the lock beside the address, allow the microphone, then try again.', mic_missing: 'No microphone was found. Plug in a headset and try again.', mic_busy: 'Another program is using the microphone. Close it and try again.', mic_insecure: 'Browsers give the microphone only to HTTPS pages or 127.0.0.1.', done: 'Sounds right',
  devices_lead: 'A desk phone or softphone (SIP) can take your calls instead of this page.', device_label: 'Name of the phone', device_label_hint: 'For example: Desk 12', create_device: 'Create', device_made: 'Enter these on the phone now. The secret is not shown again.', device_user: 'User', device_secret: 'Secret', device_registrar: 'Server', remove: 'Remove', no_devices: 'No desk phones.', copy: 'Copy', copied: 'Copied', registered: 'Registered', not_registered: 'Not registered',
  keys_on: 'Use keyboard shortcuts', key_answer: 'Answer or accept', key_decline: 'Decline', key_ready: 'Ready', key_away: 'Away (first reason)', key_mute: 'Mute or unmute', key_hold: 'Hold or resume', key_hang_up: 'Hang up', key_confidential: 'Make confidential', key_next: 'Next contact', key_finish: 'Finish (in the form)', key_help: 'This list', flash: 'New contact!',
  transfer: 'Transfer', transfer_title: 'Transfer to another queue', transfer_text: 'The citizen keeps their place: they wait by the time they arrived, not from the end of the queue. You wrap up as usual.', transfer_find: 'Find a queue', transfer_keys: 'Arrows choose, Enter transfers, Esc cancels.', transfer_to: 'Transfer to {queue}', transfer_queues: 'Queues', transfer_none: 'No queue matches.', transfer_same: 'current queue', transfer_confidential: 'This queue is confidential: recording stops, and one person alone cannot undo it.', key_transfer: 'Transfer to another queue',
  after_contact: 'After this contact', leave_away: 'Away after this contact: {reason}', leave_offline: 'Go offline after this contact', leave_stay: 'Stay as now', leaving_away: 'After this contact you are away: {reason}.', leaving_offline: 'After this contact you go offline.', leave_cancel: 'Cancel, I stay',
};

export const wall: Same<typeof sw.wall> = {
  title: 'Supervisor’s wall', live: 'Live', stale: 'Figures are not current: reconnecting…', queues: 'Queues', queue: 'Queue', waiting: 'Waiting', longest: 'Longest wait', ready: 'Ready', arrived: 'Arrived', answered: 'Answered', abandoned: 'Abandoned', level: 'Service level', target: 'target {percent}% · {seconds} s', below: 'below target', average: 'Average wait',
  agents: 'Agents', agents_ready: 'Ready', agents_away: 'Away', agents_offline: 'Offline', today: 'Today', self_served: 'Self-served', lanes: 'Safeguarding', cleared: 'Counsellors ready', alarms: 'Alarms', alarm_since: 'alarm for {time}', contact: 'contact {id}', sound_on: 'Alarm sound on', sound_off: 'Alarm sound off',
  set_presence: 'Set presence', set_for: 'Set presence of {name}', reason: 'Reason', channels: 'By channel', channel: 'Channel', big: 'Full screen',
  manage: 'Manage the queue {queue}', manage_head: 'Manage',
  do_open: 'Open', do_closed: 'Close', do_calendar: 'By calendar', do_surge_on: 'Start surge', do_surge_off: 'Stop surge',
  ask_open: 'Open the queue {queue}?', ask_closed: 'Close the queue {queue}?', ask_calendar: 'Give the queue {queue} back to its calendar?', ask_surge_on: 'Start surge for the queue {queue}?', ask_surge_off: 'Stop surge for the queue {queue}?',
  text_open: 'It stays open, outside its hours as well, until you change it.', text_closed: 'It stays closed until you change it. Who comes meets what is set up for closed hours.', text_calendar: 'The centre’s calendar decides again when it is open.', text_surge_on: 'Supervisors are given contacts of this queue too.', text_surge_off: 'Supervisors are no longer given contacts of this queue.',
  done_open: 'The queue {queue} is open.', done_closed: 'The queue {queue} is closed.', done_calendar: 'The queue {queue} follows its calendar.', done_surge_on: 'Supervisors serve the queue {queue} too.', done_surge_off: 'Surge of the queue {queue} is over.',
  is_open: 'Opened by hand', is_closed: 'Closed by hand', is_shut: 'Closed', is_surge: 'Surge',
  longest_hint: 'Since it arrived at the centre, not since it entered this queue', figures: 'Figures', figures_open: 'Show figures', figures_close: 'Hide figures', day: 'Day', figures_by: 'By', figures_of: 'Of', everyone: 'Everyone', rest: 'Everyone else',
  by_queue: 'Queue', by_lane: 'Lane', by_channel: 'Channel', by_tenant: 'Institution', by_agent: 'Agent', download: 'Download as CSV', by_quarter: 'Figures by quarter of an hour', time: 'Time', whole_day: 'Whole day',
  no_figures: 'No figures for this day.', left_out: 'left out: too few', small_count: 'Counts that would tell of fewer than {n} confidential contacts are left out.', abandoned_short: 'Left at once', service_level_of_answered: 'Level of answered', service_level: 'Service level', asa_ms: 'Speed of answer', aht_ms: 'Handling', overflowed: 'Overflowed',
  call_backs: 'Call-backs', told_error_percent: 'Error of told wait', handled: 'Handled', occupancy: 'Occupancy', adherence: 'Adherence', ready_ms: 'Ready', recovery_ms: 'Recovery', away_ms: 'Away',
};

export const records: Same<typeof sw.records> = {
  title: 'Records', search: 'Search', search_hint: 'Phone number, case reference (HK-…) or name', recent: 'Recent', citizens: 'Citizens', cases: 'Cases', nothing: 'Nothing found.', contacts_n: '{n} contacts', contacts: 'Contacts', back: 'Back', timeline: 'Timeline of {name}', unnamed: 'Unnamed citizen',
  when: 'When', channel: 'Channel', queue: 'Queue', agent: 'Agent', waited: 'Waited', talked: 'Talked', ended: 'Ended', ended_by: '{by}: {cause}', still_on: 'still going on', disposition: 'Disposition', recording: 'Recording', transcript: 'Transcript', messages: 'Messages', notes: 'Notes', record: 'Contact record', lane: 'Lane', language: 'Language',
  rec_none: 'No recording.', rec_refused: 'The citizen refused recording.', rec_on: 'Still recording.', rec_kept: 'Recording kept, {length}.', rec_discarded: 'The recording was destroyed.', rec_sealed: 'The recording is sealed for the data-protection officer.', rec_incomplete: 'The recording is incomplete: the system stopped. It can be heard up to there.',
  play_reason: 'Why are you listening?', play_reason_hint: 'Every play is written to the audit log.', play: 'Open recording', playing: 'Opening…', play_keys: 'Space plays or pauses, arrows jump 5 seconds.', reason_short: 'Give a reason (at least 5 letters).', incomplete: 'The end of this recording is missing.', supervisors_play: 'Only supervisors can listen.', player: 'Recording player',
  tr_none: 'No transcript.', tr_waiting: 'Waiting to be transcribed.', tr_no_model: 'No model configured yet; will be transcribed later.', no_notes: 'No notes.', no_cases: 'No cases.', change_state: 'Change state', state_note: 'Note on the change',
  audit: 'Audit', audit_intact: 'The chain of the log is intact.', audit_broken: 'WARNING: the chain of the log is broken.', audit_who: 'Who', audit_what: 'What', audit_reason: 'Reason', more: 'Show more',
  why: 'Why it went this way', why_none: 'Nothing is written about this contact.', why_again: 'Try again', why_open: 'Show the story', why_audited: 'Opening the story of a confidential contact is written to the audit log.',
};

export const home: Same<typeof sw.home> = {
  title: 'Huduma Kenya', lead: 'We are here day and night.', call: 'Call from here', call_text: 'Talk to an agent through this browser, without paying for the call.', chat: 'Chat with us', chat_text: 'Write with an agent. You need not give a name.', phone: 'Or phone', safety: 'If you are in danger or need confidential help, press 9 at any time in a call, or choose “confidential” in the chat. Emergency: 999 or 112.',
  staff: 'For staff', desk_text: 'Agent desk', wall_text: 'Supervisor’s wall', records_text: 'Records and recordings',
};

export const call: Same<typeof sw.call> = {
  tab: 'Information', title: 'Call', leave: 'Leave quickly', leave_hint: 'To leave quickly with the keyboard, press Esc twice.', lead: 'This call uses only your data, and needs no name.', step_1: 'The browser will ask to use your microphone.', step_2: 'You will hear a welcome, then choose language and service with the keys.', step_3: 'Ordinary calls are recorded; press 8 during the notice if you do not want that.', nine: 'Confidential help: press 9 at any time', nine_text: 'It is not recorded, and you need not give a name.',
  call: 'Call', calling: 'Calling…', ringing: 'Ringing…', connected: 'Connected', ended: 'The call is over', again: 'Call again', hang_up: 'Hang up', mute: 'Mute', unmute: 'Unmute', keypad: 'Keypad', pressed: 'You pressed: {keys}', key_star: 'star', key_hash: 'hash', key_9_label: 'help', duration: 'Call time', what: 'What will happen',
  mic_denied: 'The browser blocks the microphone, so we cannot hear you. Press the lock beside the address, choose “Allow”, then call again.', mic_missing: 'No microphone was found on this device. You can use the chat or phone 0206900020.', mic_busy: 'Another program is using the microphone. Close it and call again.', mic_insecure: 'This page was not opened securely (HTTPS), so the browser gives no microphone.',
  busy: 'Our lines are full at the moment. Please try again shortly.', failed: 'The call did not get through. Check your network and try again, or phone 0206900020.', use_chat: 'Use the chat instead', hear: 'Press to hear',
};
