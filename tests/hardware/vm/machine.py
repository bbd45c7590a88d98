"""A small virtual machine with Debian's kernel, in which a program of this tree runs on real hidraw devices.

The kernel is downloaded with apt and only what is needed of it kept; the machine's root is the host's own, read-only
over 9p, with its own /dev, /proc, /sys and a place to write. The processor is emulated: KVM within a virtual machine
may be there and not work.
"""

from __future__ import annotations

import asyncio
import re
import shutil
import subprocess
import sys
from pathlib import Path

TREE = Path(__file__).parents[3]
CACHE = TREE / "out" / "vm"
ARCHITECTURE = "amd64"

MODULES = (  # in the order they are loaded
    "kernel/drivers/virtio/virtio_ring.ko",
    "kernel/drivers/virtio/virtio.ko",
    "kernel/drivers/virtio/virtio_pci_legacy_dev.ko",
    "kernel/drivers/virtio/virtio_pci_modern_dev.ko",
    "kernel/drivers/virtio/virtio_pci.ko",
    "kernel/fs/netfs/netfs.ko",
    "kernel/fs/fscache/fscache.ko",
    "kernel/net/9p/9pnet.ko",
    "kernel/net/9p/9pnet_virtio.ko",
    "kernel/fs/9p/9p.ko",
    "kernel/drivers/hid/hid.ko",
    "kernel/drivers/hid/hid-generic.ko",
    "kernel/drivers/hid/hid-jabra.ko",
    "kernel/drivers/hid/hid-plantronics.ko",
    "kernel/drivers/hid/uhid.ko",
    "kernel/drivers/input/evdev.ko",
)

INIT = """#!/bin/busybox sh
/bin/busybox --install -s /bin
mount -t devtmpfs dev /dev
mount -t proc proc /proc
mount -t sysfs sys /sys
for module in {modules}; do insmod /modules/$module || echo "no $module"; done
mount -t 9p -o ro,trans=virtio,version=9p2000.L,msize=262144,cache=loose host /host || echo "no host"
for each in dev proc sys; do mount --bind /$each /host/$each; done
mount -t tmpfs tmp /host{scratch}
chroot /host /bin/sh -c 'cd {tree} && PYTHONDONTWRITEBYTECODE=1 HOME={scratch} TMPDIR={scratch} exec {command}'
echo "guest ended with $?"
poweroff -f
"""


def run(*command: str, **more: object) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True, **more).stdout  # type: ignore[call-overload, no-any-return]


def kernel() -> Path:
    """The directory of ``vmlinuz`` and MODULES of Debian's present kernel; kept in CACHE."""
    depends = run("apt-cache", "depends", f"linux-image-{ARCHITECTURE}")
    found = re.search(r"Depends: (linux-image-[\w.+-]+)", depends)
    assert found is not None, depends
    package, version = found[1], found[1].removeprefix("linux-image-")
    directory = CACHE / version
    if (directory / "vmlinuz").exists():
        return directory
    directory.mkdir(parents=True, exist_ok=True)
    run("apt-get", "-qq", "download", package, cwd=directory)
    (archive,) = directory.glob("*.deb")
    wanted = [f"./boot/vmlinuz-{version}", *(f"./lib/modules/{version}/{module}" for module in MODULES)]
    with subprocess.Popen(("dpkg-deb", "--fsys-tarfile", archive), stdout=subprocess.PIPE) as unpacking:
        subprocess.run(("tar", "-x", "-C", directory, *wanted), check=True, stdin=unpacking.stdout)
    assert unpacking.returncode == 0
    archive.unlink()
    for module in MODULES:
        shutil.move(directory / f"lib/modules/{version}" / module, directory)
    shutil.move(directory / f"boot/vmlinuz-{version}", directory / "vmlinuz")  # last: it says that all is there
    return directory


def initramfs(modules: Path, work: Path, command: str) -> Path:
    """A root file system of busybox and an init that runs ``command`` in the tree and powers off."""
    root = work / "root"
    for directory in ("bin", "dev", "proc", "sys", "host", "modules"):
        (root / directory).mkdir(parents=True)
    shutil.copy(shutil.which("busybox") or "", root / "bin" / "busybox")
    names = [Path(module).name for module in MODULES]
    for name in names:
        shutil.copy(modules / name, root / "modules")
    init = root / "init"
    init.write_text(INIT.format(modules=" ".join(names), tree=TREE, scratch=scratch(), command=command))
    init.chmod(0o755)
    files = "\n".join(str(path.relative_to(root)) for path in sorted(root.rglob("*")))
    packed = subprocess.run(
        ("cpio", "--quiet", "-o", "-H", "newc"), cwd=root, input=files.encode(), capture_output=True, check=True
    )
    image = work / "initramfs"
    image.write_bytes(packed.stdout)
    return image


def scratch() -> str:
    """A directory of the host that the guest may cover with its own: not one this tree lies in, a clone in /tmp say."""
    return next(place for place in ("/tmp", "/mnt", "/media") if not TREE.is_relative_to(place))


async def run_in_machine(work: Path, *arguments: str, limit_s: float = 240.0) -> list[str]:
    """Run ``python ARGUMENTS`` in the machine; the lines on its console, as far as it came within ``limit_s``."""
    modules = await asyncio.to_thread(kernel)
    command = " ".join((sys.executable, *arguments))
    image = await asyncio.to_thread(initramfs, modules, work, command)
    machine = await asyncio.create_subprocess_exec(
        *("qemu-system-x86_64", "-machine", "pc,accel=tcg", "-cpu", "max", "-smp", "1", "-m", "1024"),
        *("-nographic", "-no-reboot", "-nic", "none", "-kernel", str(modules / "vmlinuz"), "-initrd", str(image)),
        *("-append", "console=ttyS0 panic=-1 quiet mitigations=off tsc=reliable"),
        "-virtfs",
        "local,path=/,mount_tag=host,security_model=none,readonly=on,multidevs=remap",
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
    )
    lines: list[str] = []
    assert machine.stdout is not None
    try:
        async with asyncio.timeout(limit_s):
            async for line in machine.stdout:
                lines.append(line.decode(errors="replace").strip())
            await machine.wait()
    except TimeoutError:
        lines.append(f"stopped after {limit_s:.0f} s")
    finally:
        if machine.returncode is None:
            machine.kill()
            await machine.wait()
    return lines
