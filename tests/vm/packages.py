"""Debian packages unpacked into a cache folder, never installed: the machine's own /boot and policy stay as they are."""

import glob
import os
import re
import subprocess

CACHE = os.environ.get("STACK_VM_CACHE") or os.path.join(
    os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"), "stack-vm")


def unpacked(package):
    """The folder that holds the package's files; downloaded at the first call."""
    folder = os.path.join(CACHE, package)
    if os.path.isdir(folder):
        return folder
    os.makedirs(CACHE, exist_ok=True)
    # apt drops to the user _apt for downloads, which may not write to our cache: as root it warns and goes on.
    subprocess.run(["apt-get", "download", "-qq", package], cwd=CACHE, check=True, stderr=subprocess.DEVNULL)
    archive = max(glob.glob(os.path.join(CACHE, package + "_*.deb")), key=os.path.getmtime)
    subprocess.run(["dpkg-deb", "-x", archive, folder + ".part"], check=True)
    os.rename(folder + ".part", folder)
    os.remove(archive)
    return folder


class Kernel:
    """Debian's kernel for virtual machines and its modules."""

    def __init__(self):
        depends = ["apt-cache", "depends", "linux-image-cloud-amd64"]
        listing = subprocess.run(depends, capture_output=True, text=True, check=False).stdout
        if not listing:  # a machine that had everything else has never asked for the lists
            subprocess.run(["apt-get", "update", "-qq"], check=True)
            listing = subprocess.run(depends, capture_output=True, text=True, check=True).stdout
        self.folder = unpacked(re.search(r"linux-image-\d\S+-cloud-amd64", listing).group())
        self.image = glob.glob(self.folder + "/boot/vmlinuz-*")[0]
        self._modules = glob.glob(self.folder + "/lib/modules/*")[0]
        self._files = {}
        for base, _, files in os.walk(self._modules):
            for name in files:
                if name.endswith(".ko"):
                    self._files[name[:-3].replace("-", "_")] = os.path.join(base, name)

    def load_order(self, names):
        """The files of the modules `names` with all they depend on, each after its own needs. What is built into the
        kernel has no file and is left out."""
        order = []
        for name in names:
            self._add(name.replace("-", "_"), order)
        return order

    def _add(self, name, order):
        file = self._files.get(name)
        if file is None or file in order:
            return
        for needed in self._needs(file):
            self._add(needed, order)
        order.append(file)

    @staticmethod
    def _needs(file):
        # A package that was only unpacked has no modules.dep yet; the module itself says "depends=a,b".
        with open(file, "rb") as content:
            found = re.search(rb"\0depends=([^\0]*)\0", content.read())
        return [n.replace("-", "_") for n in found.group(1).decode().split(",") if n] if found else []
