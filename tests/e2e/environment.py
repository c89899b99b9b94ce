"""The settings of skopeo, buildah and podman in a folder of their own."""
import os
import shutil

REGISTRIES = """\
[[registry]]
location = "{host}"
insecure = true
"""


class Environment:
    """What a user sets for skopeo and buildah: nothing is read from, or left in, the machine's own places.

    Debian 12's skopeo does not know CONTAINERS_REGISTRIES_CONF (buildah does), so registries.conf is in a home of its own.
    """

    def __init__(self, folder):
        self.folder = folder
        self.settings = folder / ".config/containers"
        self.settings.mkdir(parents=True)
        (folder / "auth.json").write_text("{}")
        (folder / "storage.conf").write_text(
            f'[storage]\ndriver = "vfs"\ngraphroot = "{folder}/storage"\nrunroot = "{folder}/storage-run"\n')
        self.hosts = []
        self.trust("127.0.0.1:1")  # a registry that is not there

    def trust(self, host):
        """Plain http to this registry, as registries.conf says it."""
        self.hosts.append(host)
        text = 'unqualified-search-registries = []\n' + "".join(REGISTRIES.format(host=one) for one in self.hosts)
        (self.settings / "registries.conf").write_text(text)

    def trust_authority(self, host, certificate):
        """TLS with a certificate of one's own, as certs.d says it."""
        place = self.settings / "certs.d" / host
        place.mkdir(parents=True)
        shutil.copy(certificate, place / "ca.crt")

    def variables(self, **more):
        return {**os.environ, "HOME": str(self.folder), "CONTAINERS_REGISTRIES_CONF": str(self.settings / "registries.conf"),
                "REGISTRY_AUTH_FILE": str(self.folder / "auth.json"), "CONTAINERS_STORAGE_CONF": str(self.folder / "storage.conf"),
                "BUILDAH_ISOLATION": "chroot", **more}
