/** What customers read of a domain whose disk a reinstallation did not finish. */
export const INCOMPLETE = 'Its disk is incomplete: reinstall it again, or boot a rescue system.';
