// Two small decisions about contacts, pure so that they can be tested without a browser.

import { isVoice, type Engagement } from '../parts/protocol';

/**
 * Whether a ringing leg is to be answered now. A new contact waits for the person; a contact that
 * is already theirs (the page was reloaded, the network came back) is answered at once, unless its
 * leg began to ring as an offer: then it was answered on another device, and this leg is about to
 * be cancelled. A leg for a contact the server did not name as ours is never answered by itself.
 */
export function answersNow(engagement: Engagement | undefined, wanted: boolean, rangAsOffer: boolean): boolean {
  if (!engagement) return false;
  if (engagement.state === 'offered' || rangAsOffer) return wanted;
  return engagement.state === 'connected' || engagement.state === 'held';
}

/** The live call among the engagements, if one is. */
export function liveCall(engagements: readonly Engagement[]): Engagement | undefined {
  return engagements.find((one) => isVoice(one.channel) && ['connecting', 'connected', 'held'].includes(one.state));
}

/**
 * Which contact is on screen: the chosen one while it lasts, else the live call, else the first
 * that is ours. Offers are shown apart and never take the screen away from the person.
 */
export function onScreen(engagements: readonly Engagement[], chosen: string | null): Engagement | undefined {
  const ours = engagements.filter((one) => one.state !== 'offered');
  return ours.find((one) => one.contact === chosen) ?? liveCall(ours) ?? ours[0];
}
