# The commands of the fenced `sh` blocks of a page, one a line.
/^```sh$/ { inside = 1; next }
/^```$/ { inside = 0 }
inside
