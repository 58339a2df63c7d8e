// Waiting times between attempts to reconnect: 1, 2, 4 .. 30 s with jitter, so that a thousand
// pages do not knock in the same second after a restart (facts 4.7).

/** Milliseconds to wait before attempt `attempt` (from 0). `random` is in [0, 1). */
export function backoff(attempt: number, random: number): number {
  const whole = Math.min(30_000, 1000 * 2 ** Math.min(attempt, 10));
  return Math.round(whole * (0.5 + random / 2));
}
