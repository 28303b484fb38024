#!/bin/sh
# The simulated `xm`: xm.ts.
XL_SIMULATOR=@HOST@
export XL_SIMULATOR
exec @NODE@ @PROGRAM@ "$@"
