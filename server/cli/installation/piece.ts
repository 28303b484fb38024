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

/** One part of an installation. */
export type Piece =
  | (InPlace & { readonly kind: 'directory' })
  | (InPlace & {
      readonly kind: 'file';
      readonly text: string;
      /**
       * `program`: comes with Postern, and its next version replaces it. `admin`: made once, then the
       * admin's.
       */
      readonly whose: 'program' | 'admin';
    })
  | { readonly kind: 'link'; readonly path: string; readonly target: string }
  /** The host key of another server, which customers' ssh already knows. */
  | (InPlace & { readonly kind: 'host-key'; readonly from: string });
