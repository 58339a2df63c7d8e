// Kiswahili of the citizen's chat, apart from sw.ts so that the chat page does not carry the staff's words.

export const chat = {
  tab: 'Taarifa', title: 'Ongea nasi kwa maandishi', leave: 'Ondoka haraka', leave_hint: 'Kuondoka haraka kwa kibodi, bonyeza Esc mara mbili. Historia ya kivinjari inaweza kubaki: ifute ikiwa kifaa kinatumiwa na wengine.', other_language: 'English', theme: 'Badilisha mwanga',
  lead: 'Mhudumu atakujibu hapa. Huhitaji kutaja jina.', language: 'Lugha ya mazungumzo', sw: 'Kiswahili', en: 'Kiingereza', confidential: 'Nahitaji msaada wa siri', confidential_hint: 'Hatutauliza jina wala nambari. Mshauri pekee ndiye atakayeona.', phone: 'Nambari ya simu (si lazima)',
  notice: 'Huduma Kenya hutumia unachoandika ili kukuhudumia, kushughulikia malalamiko na kuboresha huduma; kinaonwa na taasisi inayoshughulikia ombi lako pekee. Una haki ya kupata nakala, kusahihisha au kuomba kifutwe. Usiandike nenosiri wala PIN.', start: 'Anza mazungumzo', danger: 'Ukiwa hatarini sasa hivi piga 999 au 112. Ukatili wa kijinsia: 1195. Mtoto: 116.',
  log: 'Mazungumzo', write: 'Andika ujumbe', send: 'Tuma', end: 'Maliza', position: 'Wewe ni nambari {n} kwenye foleni.', wait: 'Kusubiri: takriban dakika {n}.', wait_short: 'Kusubiri: chini ya dakika moja.', with: 'Unaandikiana na {name}', typing: 'Anaandika…', connecting: 'Inaunganisha…', reconnecting: 'Mtandao umekatika. Tunaunganisha tena…', ended: 'Mazungumzo yameisha.', again: 'Anza upya',
  you: 'Wewe', agent: 'Mhudumu', centre: 'Huduma Kenya', sending: 'inatumwa', end_sure: 'Bonyeza tena kumaliza', too_long: 'Ujumbe ni mrefu mno (herufi {n} zaidi).', phone_bad: 'Nambari ya simu si sahihi. Mfano: 0712 345678.', resumed: 'Tumeendelea ulipoachia.',
  idle: 'Bado upo? Mazungumzo yataisha baada ya dakika {n} usipoandika.', elsewhere: 'Mazungumzo yanaendelea kwenye dirisha lingine. Pakia ukurasa upya ili kuendelea hapa.',
  refused_too_long: 'Ujumbe ni mrefu mno; haukutumwa.', refused_slow_down: 'Unatuma haraka mno; tutajaribu tena baada ya sekunde chache.', refused_not_stored: 'Ujumbe haujahifadhiwa bado; tunajaribu tena.', refused_full: 'Mazungumzo haya yamejaa. Anza mapya.',
  refused_gone: 'Mazungumzo hayo yameisha. Unaweza kuanza mapya.', refused_opening: 'Mazungumzo hayakuanza. Pakia ukurasa upya ujaribu tena.', refused_busy: 'Kuna watu wengi kwa sasa. Tunaendelea kujaribu.',
} as const;
