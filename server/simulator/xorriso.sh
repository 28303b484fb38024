#!/bin/sh
# The simulated `xorriso`: xorriso.ts.
XL_SIMULATOR=@HOST@
export XL_SIMULATOR
exec @NODE@ @PROGRAM@ "$@"
