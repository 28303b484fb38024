/*
 * Gives the next domain the domid that LAB_DOMID says: LD_PRELOAD=…/lab-domid.so LAB_DOMID=5 xl create …
 *
 * Xen counts up to 32751 before it begins again, and libxl keeps a domid unused for a minute; the suite cannot wait for that.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdint.h>
#include <stdlib.h>

int xc_domain_create(void *xch, uint32_t *domid, void *config)
{
    int (*real)(void *, uint32_t *, void *) = (int (*)(void *, uint32_t *, void *))dlsym(RTLD_NEXT, "xc_domain_create");
    const char *wanted = getenv("LAB_DOMID");

    if (wanted != NULL)
        *domid = (uint32_t)atoi(wanted);
    return real(xch, domid, config);
}
