import type { CustomerName, DomainName } from '../../policy/names.js';
import type { Verb } from './contract.js';

/** One operation in dom0's journal, with the gate's claims about its own audit log. */
export interface ClaimedEntry {
  /** Sequence number in dom0's journal. */
  readonly seq: number;
  /** ISO 8601, UTC. */
  readonly at: string;
  readonly operation: string;
  readonly domain: DomainName;
  readonly verb: Verb;
  /** As the gate claimed it. */
  readonly customer: CustomerName;
  readonly auditSeq: number;
  readonly auditHash: string;
}

/** `GET /journal?after=SEQ`: at most JOURNAL_PAGE entries, oldest first. */
export interface JournalPage {
  readonly entries: readonly ClaimedEntry[];
  /** Ask again with this `after`; null when there is no more. */
  readonly next: number | null;
}

export const JOURNAL_PAGE = 1000;

/** The most entries that a gate takes at once: a newer dom0 half may send larger pages. */
export const LARGEST_JOURNAL_PAGE = 10_000;
