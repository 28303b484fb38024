# docs/install-dom0.md, to be sourced.
before() {
  case $1 in
  'postern setup both') sh /srv/fake-xen.sh horatio ;;
  'postern key add alice'*) account alice ;;
  esac
}
follow install-dom0.md
as_customer alice list | grep -q horatio
echo "install-dom0.md: alice sees horatio"
