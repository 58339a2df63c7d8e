// Kiswahili. en.ts beside it must have the same keys; its type says so. `{name}` is filled in.

export const common = {
  product: 'HCTC', other_language: 'English', skip: 'Ruka hadi kwenye kazi', close: 'Funga', cancel: 'Ghairi', save: 'Hifadhi',
  theme_dark: 'Tumia mandhari meusi', theme_light: 'Tumia mandhari meupe', log_out: 'Toka', desk: 'Meza', wall: 'Ubao', records: 'Kumbukumbu',
  offline: 'Seva haipatikani. Angalia mtandao wako kisha ujaribu tena.', fault: 'Hitilafu imetokea. Toa nambari hii kwa mtaalamu: {id}', loading: 'Inapakia…',
  none: 'Hakuna',
  no_right: 'Huna ruhusa ya ukurasa huu.', session_over: 'Muda wa kuingia umeisha. Tafadhali ingia tena.', pages: 'Kurasa',
} as const;

export const login = {
  title: 'Ingia', lead: 'Kwa wahudumu na wasimamizi wa kituo.', name: 'Jina la kuingia', password: 'Nenosiri', code: 'Msimbo wa tarakimu sita',
  code_hint: 'Kutoka kwenye programu ya uthibitishaji ya simu yako.', enter: 'Ingia', entering: 'Inaingia…',
  missing_name: 'Andika jina la kuingia.', missing_password: 'Andika nenosiri.', bad_code: 'Msimbo ni tarakimu sita, kwa mfano 123456.',
  wrong: 'Jina, nenosiri au msimbo si sahihi.', too_many: 'Umejaribu mara nyingi. Subiri {wait} kisha ujaribu tena.',
} as const;

export const words = {
  gbv: 'Ukatili wa kijinsia', child: 'Usalama wa mtoto', mental_health: 'Afya ya akili', special_needs: 'Mahitaji maalum', standard: 'Kawaida',
  P0: 'P0 hatari sasa hivi', P1: 'P1 hatari kubwa', P2: 'P2 hatari ya wastani', P3: 'P3 kawaida',
  voice: 'Simu', web_chat: 'Gumzo', whats_app: 'WhatsApp', messenger: 'Messenger', instagram: 'Instagram', x: 'X', telegram: 'Telegram', sms: 'SMS', ussd: 'USSD', email: 'Barua pepe',
  sw: 'Kiswahili', en: 'Kiingereza', other_tongue: 'Lugha: {code}',
  ready: 'Tayari', away: 'Sipo', offline: 'Nimeondoka',
  break: 'Mapumziko', meal: 'Chakula', training: 'Mafunzo', meeting: 'Mkutano', recovery: 'Kupumzika baada ya simu nzito', no_answer: 'Hakujibu', lost: 'Mtandao ulikatika',
  resolved: 'Imetatuliwa', follow_up: 'Inahitaji ufuatiliaji', escalated: 'Imepelekwa ngazi ya juu', wrong_number: 'Nambari isiyo sahihi', no_speech: 'Hakuna aliyeongea',
  free: 'Yuko huru', offered: 'Analetewa', talking: 'Anaongea', held: 'Amesubirisha', wrap_up: 'Anamalizia', chat: 'Anaandikiana', connecting: 'Anaunganishwa',
  open: 'Wazi', pending: 'Inasubiri', closed: 'Imefungwa', complaint: 'Malalamiko', inquiry: 'Swali', update: 'Ufuatiliaji', compliment: 'Pongezi',
  citizen: 'Mwananchi', agent: 'Mhudumu', supervisor: 'Msimamizi', centre: 'Kituo',
  normal: 'kawaida', self_served: 'amejihudumia', busy: 'kituo kimejaa', unknown_number: 'nambari isiyojulikana', fault: 'hitilafu', restart: 'mfumo ulianza upya', idle: 'ukimya',
  online: 'Mtandaoni', online_county_portals: 'Mtandaoni, tovuti ya kaunti', partial: 'Sehemu mtandaoni', digitized_in_person: 'Fika kituoni', manual: 'Kaunta pekee',
  safeguarding_waiting: 'Mtu wa simu ya siri anasubiri', no_cleared_agent: 'Hakuna mshauri aliye tayari', imminent_dropped: 'Simu ya hatari imekatika', expiry_storm: 'Simu nyingi hazijibiwi: angalia mfumo', journal_stalled: 'Jarida haliandikiki',
} as const;

export const desk = {
  title: 'Meza ya mhudumu', presence: 'Upatikanaji', be_ready: 'Niko tayari', be_away: 'Sipo', be_offline: 'Nimeondoka', away_reason: 'Sababu ya kutokuwepo',
  break_owed: 'Unastahili mapumziko baada ya mazungumzo mazito. Chukua mapumziko unapoweza.', take_break: 'Pumzika sasa',
  reconnecting: 'Mawasiliano na seva yamekatika. Tunaunganisha tena…', phone_on: 'Simu iko tayari', phone_other: 'Simu ya mezani iko tayari', phone_off: 'Simu haijaunganishwa', phone_joining: 'Simu inaunganishwa…',
  mic_off: 'Maikrofoni haijawashwa', sound: 'Sauti', devices: 'Simu za mezani', help: 'Mikato ya kibodi', hear: 'Washa sauti ya simu', blocked_sound: 'Kivinjari kimezuia sauti. Bonyeza ili umsikie mwananchi.',
  contacts: 'Mawasiliano yangu', no_contacts: 'Hakuna mawasiliano kwa sasa.', idle_ready: 'Uko tayari', idle_ready_text: 'Mawasiliano yanayofuata yataonekana hapa, na utasikia mlio.',
  idle_away: 'Hupokei mawasiliano', idle_away_text: 'Bonyeza “Niko tayari” unapotaka kuanza kupokea.', waiting_now: 'Wanaosubiri sasa', waiting: 'Wanasubiri', nobody_waits: 'Hakuna anayesubiri.',
  offer: 'Mawasiliano mapya', offer_from: '{channel} kutoka {queue}', answer: 'Jibu', accept: 'Pokea', decline: 'Kataa', answering: 'Inaunganisha…', on_desk_phone: 'Jibu kwenye simu yako ya mezani', no_phone_here: 'Simu haijaunganishwa hapa: fungua Sauti au jibu kwenye simu ya mezani.',
  with_us: 'Yuko nasi kwa', language: 'Lugha', expires_in: 'Inabaki {n} s', contacts_before: 'Mawasiliano {n} awali', last_on: 'mwisho {date}', first_time: 'Mara ya kwanza', open_cases: 'Kesi wazi', confidential_unknown: 'Mawasiliano ya siri. Hakuna utambulisho unaoonyeshwa.',
  confidential_short: 'Siri', why: 'Kwa nini mimi', why_only: 'ni wewe pekee uliye huru', why_longest_idle: 'umekuwa huru muda mrefu zaidi', why_highest_level: 'una ujuzi wa juu zaidi', why_several: 'washauri wote walio huru wanaitwa', why_last_resort: 'hakuna mshauri mwingine aliyepatikana', candidates: 'kati ya {n}',
  connected: 'Mnaongea', held: 'Anasubirishwa', connecting: 'Inaunganishwa', wrap_up: 'Malizia', offered: 'Mpya', chatting: 'Mnaandikiana', call_controls: 'Vidhibiti vya simu',
  mute: 'Zima maikrofoni', unmute: 'Washa maikrofoni', muted: 'Maikrofoni imezimwa', hold: 'Subirisha', resume: 'Endelea', hang_up: 'Kata simu', end_chat: 'Maliza gumzo', keypad: 'Vitufe', confidential: 'Fanya siri',
  rec_on: 'Inarekodiwa', rec_off: 'Hairekodiwi', rec_refused: 'Amekataa kurekodiwa', rec_none: 'Hairekodiwi', no_audio: 'Sauti haijafika kwenye ukurasa huu. Tunaunganisha tena simu…',
  crisis_title: 'Kadi ya dharura', crisis_1: 'Baki kwenye mazungumzo. Sikiliza, usihukumu, usimtishie kwa polisi.', crisis_2: 'Uliza: “Uko salama sasa hivi?” Hatari sasa hivi: 999 au 112.', crisis_3: 'Ukatili wa kijinsia: 1195. Mtoto: 116. Uliza kabla ya kumuunganisha na mtu mwingine.', crisis_4: 'Usimpigie tena bila idhini yake. Mjulishe msimamizi.',
  make_confidential: 'Fanya mawasiliano haya kuwa ya siri', confidential_text: 'Kurekodi kutasimama mara moja, na wasio na ruhusa hawataona mawasiliano haya tena. Hili haliwezi kutenguliwa na mtu mmoja.', lane: 'Aina ya msaada', risk: 'Kiwango cha hatari', confirm_confidential: 'Fanya siri sasa',
  chat_log: 'Mazungumzo ya gumzo', write: 'Andika ujumbe', send: 'Tuma', citizen_typing: 'Mwananchi anaandika…', unread: 'hayajasomwa: {n}', sending: 'inatumwa', not_sent: 'haijatumwa', composer_hint: 'Enter hutuma, Shift+Enter huongeza mstari.', chat_over: 'Gumzo limeisha.', no_messages: 'Hakuna ujumbe bado.',
  wrap_title: 'Malizia mawasiliano', disposition: 'Matokeo', note: 'Dokezo', note_hint: 'Kilichoombwa, kilichofanyika, kinachofuata.', finish: 'Maliza', extend: 'Ongeza muda', time_left: 'Muda uliobaki', over_time: 'Muda umekwisha', choose_disposition: 'Chagua matokeo.',
  side: 'Kuhusu mawasiliano', tab_citizen: 'Mwananchi', tab_cases: 'Kesi', tab_notes: 'Madokezo', tab_services: 'Huduma', name: 'Jina', set_name: 'Weka jina', number: 'Nambari ya simu', no_number: 'Haijulikani', number_hidden: 'Nambari haionyeshwi', timeline: 'Historia', no_timeline: 'Hakuna historia.', contact_id: 'Kumbukumbu',
  new_case: 'Kesi mpya', kind: 'Aina', case_title: 'Kichwa cha kesi', open_case: 'Fungua kesi', case_opened: 'Kesi {reference} imefunguliwa. Msomee mwananchi nambari hii.', no_cases: 'Hakuna kesi.', due: 'mwisho {date}', service: 'Huduma', missing_title: 'Andika kichwa cha kesi.',
  add_note: 'Ongeza dokezo', no_notes: 'Hakuna madokezo bado.', note_saved: 'Dokezo limehifadhiwa.', search_services: 'Tafuta huduma au taasisi', no_services: 'Hakuna huduma inayolingana.', pick_contact: 'Chagua mawasiliano ili kuona maelezo yake.',
  sound_title: 'Angalia sauti', sound_lead: 'Fanya hivi kabla ya kuwa tayari. Ongea na uone kipimo kikisogea, kisha usikilize mlio wa majaribio.', mic: 'Maikrofoni', speaker: 'Kipaza sauti', level: 'Kiwango cha sauti', allow_mic: 'Washa maikrofoni', test_tone: 'Cheza mlio wa majaribio', ring_volume: 'Sauti ya mlio', default_device: 'Kifaa cha kawaida',
  mic_denied: 'Kivinjari kimekataza maikrofoni. Bonyeza alama ya kufuli kando ya anwani, ruhusu maikrofoni, kisha ujaribu tena.', mic_missing: 'Hakuna maikrofoni iliyopatikana. Chomeka vifaa vya masikioni kisha ujaribu tena.', mic_busy: 'Maikrofoni inatumiwa na programu nyingine. Ifunge kisha ujaribu tena.', mic_insecure: 'Kivinjari hutoa maikrofoni kwa kurasa za HTTPS au 127.0.0.1 pekee.', done: 'Iko sawa',
  devices_lead: 'Simu ya mezani au programu ya simu (SIP) inaweza kupokea simu badala ya ukurasa huu.', device_label: 'Jina la simu', device_label_hint: 'Kwa mfano: Meza 12', create_device: 'Tengeneza', device_made: 'Andika haya sasa kwenye simu. Siri haitaonyeshwa tena.', device_user: 'Mtumiaji', device_secret: 'Siri', device_registrar: 'Seva', remove: 'Ondoa', no_devices: 'Hakuna simu za mezani.', copy: 'Nakili', copied: 'Imenakiliwa', registered: 'Imeunganishwa', not_registered: 'Haijaunganishwa',
  keys_on: 'Tumia mikato ya kibodi', key_answer: 'Jibu au pokea', key_decline: 'Kataa', key_ready: 'Niko tayari', key_away: 'Sipo (sababu ya kwanza)', key_mute: 'Zima au washa maikrofoni', key_hold: 'Subirisha au endelea', key_hang_up: 'Kata simu', key_confidential: 'Fanya siri', key_next: 'Mawasiliano yanayofuata', key_finish: 'Maliza (kwenye fomu)', key_help: 'Orodha hii', flash: 'Mawasiliano mapya!',
  transfer: 'Hamisha', transfer_title: 'Hamishia foleni nyingine', transfer_text: 'Mwananchi hapotezi zamu yake: anahesabiwa tangu alipofika, haanzi upya mwisho wa foleni. Wewe utamalizia mawasiliano kama kawaida.', transfer_find: 'Tafuta foleni', transfer_keys: 'Mishale huchagua, Enter huhamisha, Esc hughairi.', transfer_to: 'Hamishia {queue}', transfer_queues: 'Foleni', transfer_none: 'Hakuna foleni inayolingana.', transfer_same: 'foleni ya sasa', transfer_confidential: 'Foleni hii ni ya siri: kurekodi kutasimama, na mtu mmoja hawezi kutengua hilo.', key_transfer: 'Hamishia foleni nyingine',
  after_contact: 'Baada ya mawasiliano haya', leave_away: 'Sipo baada ya mawasiliano haya: {reason}', leave_offline: 'Ondoka baada ya mawasiliano haya', leave_stay: 'Baki kama sasa', leaving_away: 'Baada ya mawasiliano haya hutapokea mengine: {reason}.', leaving_offline: 'Baada ya mawasiliano haya utaondoka.', leave_cancel: 'Ghairi, ninabaki',
} as const;

export const wall = {
  title: 'Ubao wa msimamizi', live: 'Moja kwa moja', stale: 'Takwimu si za sasa: tunaunganisha tena…', queues: 'Foleni', queue: 'Foleni', waiting: 'Wanasubiri', longest: 'Aliyesubiri zaidi', ready: 'Walio tayari', arrived: 'Waliofika', answered: 'Waliojibiwa', abandoned: 'Walioacha', level: 'Kiwango cha huduma', target: 'lengo {percent}% · {seconds} s', below: 'chini ya lengo', average: 'Wastani wa kusubiri',
  agents: 'Wahudumu', agents_ready: 'Tayari', agents_away: 'Hawapo', agents_offline: 'Wameondoka', today: 'Leo', self_served: 'Wamejihudumia', lanes: 'Msaada wa siri', cleared: 'Washauri tayari', alarms: 'Tahadhari', alarm_since: 'tahadhari kwa {time}', contact: 'mawasiliano {id}', sound_on: 'Sauti ya tahadhari imewashwa', sound_off: 'Sauti ya tahadhari imezimwa',
  set_presence: 'Badilisha upatikanaji', set_for: 'Badilisha upatikanaji wa {name}', reason: 'Sababu', channels: 'Kwa njia', channel: 'Njia', big: 'Skrini nzima',
  manage: 'Simamia foleni ya {queue}', manage_head: 'Simamia',
  do_open: 'Fungua', do_closed: 'Funga', do_calendar: 'Fuata kalenda', do_surge_on: 'Anzisha ongezeko', do_surge_off: 'Simamisha ongezeko',
  ask_open: 'Fungua foleni ya {queue}?', ask_closed: 'Funga foleni ya {queue}?', ask_calendar: 'Rudisha foleni ya {queue} kwenye kalenda?', ask_surge_on: 'Anzisha ongezeko kwa foleni ya {queue}?', ask_surge_off: 'Simamisha ongezeko kwa foleni ya {queue}?',
  text_open: 'Foleni itabaki wazi, hata nje ya saa zake, hadi uibadilishe.', text_closed: 'Foleni itabaki imefungwa hadi uibadilishe. Wanaokuja watahudumiwa kulingana na mpangilio wa saa za kufungwa.', text_calendar: 'Kalenda ya kituo itaamua tena ni lini foleni iko wazi.', text_surge_on: 'Wasimamizi pia wataanza kupokea mawasiliano ya foleni hii.', text_surge_off: 'Wasimamizi hawatapokea tena mawasiliano ya foleni hii.',
  done_open: 'Foleni ya {queue} imefunguliwa.', done_closed: 'Foleni ya {queue} imefungwa.', done_calendar: 'Foleni ya {queue} inafuata kalenda.', done_surge_on: 'Wasimamizi pia wanapokea foleni ya {queue}.', done_surge_off: 'Ongezeko la foleni ya {queue} limesimamishwa.',
  is_open: 'Imefunguliwa kwa mkono', is_closed: 'Imefungwa kwa mkono', is_shut: 'Imefungwa', is_surge: 'Ongezeko',
  longest_hint: 'Tangu alipofika kituoni, si tangu alipoingia kwenye foleni hii', figures: 'Takwimu', figures_open: 'Onyesha takwimu', figures_close: 'Ficha takwimu', day: 'Siku', figures_by: 'Kwa', figures_of: 'Za', everyone: 'Wote', rest: 'Wengine wote',
  by_queue: 'Foleni', by_lane: 'Aina', by_channel: 'Njia', by_tenant: 'Taasisi', by_agent: 'Mhudumu', download: 'Pakua kama CSV', by_quarter: 'Takwimu kwa kila robo saa', time: 'Saa', whole_day: 'Siku nzima',
  no_figures: 'Hakuna takwimu za siku hii.', left_out: 'imeachwa: ni wachache mno', small_count: 'Hesabu ambazo zingeonyesha mawasiliano ya siri chini ya {n} zimeachwa.', abandoned_short: 'Walioacha mara moja', service_level_of_answered: 'Kiwango cha waliojibiwa', service_level: 'Kiwango cha huduma', asa_ms: 'Muda wa kujibiwa', aht_ms: 'Muda wa kuhudumia', overflowed: 'Waliohamishwa foleni',
  call_backs: 'Kupigiwa tena', told_error_percent: 'Kosa la makadirio', handled: 'Waliohudumiwa', occupancy: 'Shughuli', adherence: 'Ufuataji wa zamu', ready_ms: 'Tayari', recovery_ms: 'Kupumzika', away_ms: 'Hayupo',
} as const;

export const records = {
  title: 'Kumbukumbu', search: 'Tafuta', search_hint: 'Nambari ya simu, kumbukumbu ya kesi (HK-…) au jina', recent: 'Za hivi karibuni', citizens: 'Wananchi', cases: 'Kesi', nothing: 'Hakuna kilichopatikana.', contacts_n: 'mawasiliano {n}', contacts: 'Mawasiliano', back: 'Rudi', timeline: 'Historia ya {name}', unnamed: 'Mwananchi asiye na jina',
  when: 'Lini', channel: 'Njia', queue: 'Foleni', agent: 'Mhudumu', waited: 'Alisubiri', talked: 'Aliongea', ended: 'Mwisho', ended_by: '{by}: {cause}', still_on: 'bado inaendelea', disposition: 'Matokeo', recording: 'Rekodi', transcript: 'Maandishi ya mazungumzo', messages: 'Ujumbe', notes: 'Madokezo', record: 'Kumbukumbu ya mawasiliano', lane: 'Aina', language: 'Lugha',
  rec_none: 'Hakuna rekodi.', rec_refused: 'Mwananchi alikataa kurekodiwa.', rec_on: 'Bado inarekodiwa.', rec_kept: 'Rekodi imehifadhiwa, {length}.', rec_discarded: 'Rekodi imefutwa.', rec_sealed: 'Rekodi imefungwa kwa afisa wa ulinzi wa data.', rec_incomplete: 'Rekodi haijakamilika: mfumo ulikatika. Inasikika hadi hapo.',
  play_reason: 'Kwa nini unasikiliza?', play_reason_hint: 'Kila usikilizaji huandikwa kwenye kumbukumbu ya ukaguzi.', play: 'Fungua rekodi', playing: 'Inafungua…', play_keys: 'Nafasi hucheza au husimamisha, mishale huruka sekunde 5.', reason_short: 'Andika sababu (angalau herufi 5).', incomplete: 'Sehemu ya mwisho ya rekodi haipo.', supervisors_play: 'Wasimamizi pekee wanaweza kusikiliza.', player: 'Kicheza rekodi',
  tr_none: 'Hakuna maandishi.', tr_waiting: 'Inasubiri kuandikwa.', tr_no_model: 'Kifaa cha kuandika hakijawekwa bado; mazungumzo yataandikwa kitakapowekwa.', no_notes: 'Hakuna madokezo.', no_cases: 'Hakuna kesi.', change_state: 'Badilisha hali', state_note: 'Dokezo la mabadiliko',
  audit: 'Ukaguzi', audit_intact: 'Mnyororo wa kumbukumbu ni kamili.', audit_broken: 'ONYO: mnyororo wa kumbukumbu umevunjika.', audit_who: 'Nani', audit_what: 'Nini', audit_reason: 'Sababu', more: 'Onyesha zaidi',
  why: 'Kwa nini ilikuwa hivi', why_none: 'Hakuna kilichoandikwa kuhusu mawasiliano haya.', why_again: 'Jaribu tena', why_open: 'Onyesha maelezo', why_audited: 'Kufungua maelezo ya mawasiliano ya siri huandikwa kwenye kumbukumbu ya ukaguzi.',
} as const;

export const home = {
  title: 'Huduma Kenya', lead: 'Tuko hapa usiku na mchana.', call: 'Piga simu mtandaoni', call_text: 'Ongea na mhudumu kupitia kivinjari hiki, bila malipo ya simu.', chat: 'Andika gumzo', chat_text: 'Andikiana na mhudumu. Unaweza kutotaja jina.', phone: 'Au piga simu', safety: 'Ukiwa hatarini au unahitaji msaada wa siri, bonyeza 9 wakati wowote kwenye simu, au chagua “siri” kwenye gumzo. Dharura: 999 au 112.',
  staff: 'Kwa wafanyakazi', desk_text: 'Meza ya mhudumu', wall_text: 'Ubao wa msimamizi', records_text: 'Kumbukumbu na rekodi',
} as const;

export const call = {
  tab: 'Taarifa', title: 'Piga simu', leave: 'Ondoka haraka', leave_hint: 'Kuondoka haraka kwa kibodi, bonyeza Esc mara mbili.', lead: 'Simu hii hutumia data pekee, na haihitaji jina lako.', step_1: 'Kivinjari kitaomba ruhusa ya maikrofoni.', step_2: 'Utasikia karibu, kisha uchague lugha na huduma kwa vitufe.', step_3: 'Simu za kawaida hurekodiwa; bonyeza 8 wakati wa tangazo ukitaka isirekodiwe.', nine: 'Msaada wa siri: bonyeza 9 wakati wowote', nine_text: 'Haurekodiwi, na huhitaji kutaja jina.',
  call: 'Piga simu', calling: 'Inapiga…', ringing: 'Inaita…', connected: 'Umeunganishwa', ended: 'Simu imeisha', again: 'Piga tena', hang_up: 'Kata simu', mute: 'Zima maikrofoni', unmute: 'Washa maikrofoni', keypad: 'Vitufe', pressed: 'Umebonyeza: {keys}', key_star: 'nyota', key_hash: 'alama ya reli', key_9_label: 'siri', duration: 'Muda wa simu', what: 'Kitakachotokea',
  mic_denied: 'Kivinjari kimekataza maikrofoni, kwa hivyo hatuwezi kukusikia. Bonyeza alama ya kufuli kando ya anwani, chagua “Ruhusu”, kisha upige tena.', mic_missing: 'Hatukupata maikrofoni kwenye kifaa hiki. Unaweza kutumia gumzo au kupiga 0206900020.', mic_busy: 'Maikrofoni inatumiwa na programu nyingine. Ifunge kisha upige tena.', mic_insecure: 'Ukurasa huu haukufunguliwa kwa njia salama (HTTPS), kwa hivyo kivinjari hakitoi maikrofoni.',
  busy: 'Laini zetu zimejaa kwa sasa. Tafadhali jaribu tena baada ya muda mfupi.', failed: 'Simu haikupatikana. Angalia mtandao kisha ujaribu tena, au piga 0206900020.', use_chat: 'Tumia gumzo badala yake', hear: 'Bonyeza ili usikie',
} as const;
