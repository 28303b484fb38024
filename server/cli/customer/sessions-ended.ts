/** Says in words how many sessions a change ended; empty when none. */
export function sessionsEnded(answer: object): string {
  const { sessionsEnded: count = 0 } = answer as { sessionsEnded?: number };
  if (count === 0) return '';
  return count === 1 ? '; 1 session was ended' : `; ${count} sessions were ended`;
}
