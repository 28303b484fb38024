/** The owner of a file, by names on the machine that is set up. */
export interface Owner {
  readonly user: 'root' | 'postern';
  readonly group: 'root' | 'postern';
}

export const ROOT: Owner = { user: 'root', group: 'root' };
/** Owned by root; the gate may read it. */
export const FOR_THE_GATE: Owner = { user: 'root', group: 'postern' };
export const THE_GATES: Owner = { user: 'postern', group: 'postern' };

interface InPlace {
  /** Absolute, as on the machine that is set up. */
  readonly path: string;
  readonly mode: number;
  readonly owner: Owner;
}

export interface Link {
  readonly kind: 'link';
  readonly path: string;
  readonly target: string;
}

/** A file that comes with Postern, and that its next version replaces. */
export interface ProgramFile extends InPlace {
  readonly kind: 'file';
  readonly text: string;
  readonly whose: 'program';
}

/** One part of an installation. */
export type Piece =
  | (InPlace & { readonly kind: 'directory' })
  | ProgramFile
  /** Made once, then the admin's. */
  | (InPlace & { readonly kind: 'file'; readonly text: string; readonly whose: 'admin' })
  | Link
  /** The host key of another server, which customers' ssh already knows. */
  | (InPlace & { readonly kind: 'host-key'; readonly from: string })
  /** A file or link of a setup from source. It hides that of the package, so it must not be there. */
  | { readonly kind: 'former'; readonly path: string; readonly was: ProgramFile | Link };
