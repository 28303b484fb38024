# Prints the commands of a page's fenced `sh` blocks, one on each line.
/^```sh$/ { inside = 1; next }
/^```$/ { inside = 0 }
inside
