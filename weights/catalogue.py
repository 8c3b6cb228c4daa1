"""Which weights are published: names, files, sizes, digests, licences and mirrors.

Sources. CLIP: ``clip/clip.py`` of OpenAI, whose addresses hold the SHA-256; LAION's repositories on the Hugging Face
hub. BigGANs: ``model.py`` of pytorch-pretrained-biggan, without digests. VQGANs: the README of taming-transformers, and
the download scripts of nerdyrodent/VQGAN-CLIP and pixray. Their publishers name no digest. Those here are what
pytti-core and PyTTI Portable check the copies on the Hugging Face hub against; where both have a file they agree.
"""

import difflib
from dataclasses import dataclass
from typing import Literal

from weights.errors import UnknownModelError

Kind = Literal["vqgan", "clip", "biggan"]
MIT = "MIT"
UNSTATED = "none stated"
SMALL = 1 << 16
"""Bytes of a YAML whose size is not known, at most."""


@dataclass(frozen=True, slots=True)
class File:
    """One file of a model.

    Args:
        name: under which it is kept.
        size: in bytes; where it is not ``exact``, the most that it may have.
        sha256: in hexadecimal; None where it is unpublished.
        mirrors: URLs of the same bytes, the publisher's first.
        exact: whether the size is known.
    """

    name: str
    size: int
    sha256: str | None
    mirrors: tuple[str, ...]
    exact: bool = True


@dataclass(frozen=True, slots=True)
class Model:
    """A published model.

    Args:
        name: under which settings and flags know it.
        licence: of the weights, as far as their publisher says.
        files: the first is what a setting points to.
        aliases: names that other tools have for it.
    """

    name: str
    kind: Kind
    licence: str
    files: tuple[File, ...]
    aliases: tuple[str, ...] = ()

    @property
    def folder(self) -> str:
        """Name of the folder of its files."""
        return self.name.replace("/", "-").replace("@", "-")

    @property
    def size(self) -> int:
        """Bytes of all files, at most."""
        return sum(file.size for file in self.files)

    @property
    def exact(self) -> bool:
        """Whether that many are known to three digits: a YAML does not count."""
        return all(file.exact for file in self.files if file.size > SMALL)


def _hub(repository: str, path: str, revision: str = "main") -> str:
    """Return an address on the Hugging Face hub."""
    return f"https://huggingface.co/{repository}/resolve/{revision}/{path}"


def _rescued(path: str) -> str:
    """Return an address among the copies that pytti-core loads."""
    return _hub("Somnai/pytti-vqgan-checkpoints", path, "debc22c8f285c7734980c464ff992d335dde6e9a")


def _portable(path: str) -> str:
    """Return an address among the copies that PyTTI Portable loads."""
    return _hub("pxlpshr/pytti-models", path)


def _heidelberg(share: str, path: str) -> str:
    """Return an address at the publisher of most VQGANs."""
    return f"https://heibox.uni-heidelberg.de/d/{share}/files/?p={path.replace('/', '%2F')}&dl=1"


def _heidelberg_file(share: str) -> str:
    return f"https://heibox.uni-heidelberg.de/f/{share}/?dl=1"


def _release(repository: str, path: str) -> str:
    return f"https://github.com/{repository}/releases/download/{path}"


def _clip(name: str, size: int, sha256: str, *, at_jina: bool = False) -> Model:
    stem = name.replace("/", "-").replace("@", "-")
    mirrors = [
        f"https://openaipublic.azureedge.net/clip/models/{sha256}/{stem}.pt",
        _portable(f"clip/{sha256}/{stem}.pt"),
    ]
    if at_jina:
        mirrors.append(_hub("jinaai/clip-models", f"{stem}.pt"))
    aliases = () if stem == name else (stem,)
    return Model(name, "clip", MIT, (File("model.pt", size, sha256, tuple(mirrors)),), aliases)


def _yaml(size: int, sha256: str | None, *mirrors: str, exact: bool = True) -> File:
    return File("model.yaml", size, sha256, mirrors, exact)


def _weights(size: int, sha256: str | None, *mirrors: str, exact: bool = True) -> File:
    return File("model.ckpt", size, sha256, mirrors, exact)


def _open_clip(name: str, repository: str, most: int) -> Model:
    """Return a model of LAION's, whose sizes and digests are on the hub only."""
    files = (
        File("model.safetensors", most, None, (_hub(repository, "open_clip_model.safetensors"),), exact=False),
        File("open_clip_config.json", SMALL, None, (_hub(repository, "open_clip_config.json"),), exact=False),
    )
    return Model(f"{name}-laion2b", "clip", MIT, files, (f"openclip:{name}", repository))


def _biggan(side: int) -> Model:
    """Return a BigGAN-deep at the addresses in pytorch-pretrained-biggan, which names neither sizes nor digests."""
    name, place = f"biggan-deep-{side}", "https://s3.amazonaws.com/models.huggingface.co/biggan"
    files = (
        File("model.bin", 300_000_000, None, (f"{place}/{name}-pytorch_model.bin",), exact=False),
        File("model.json", SMALL, None, (f"{place}/{name}-config.json",), exact=False),
    )
    return Model(name, "biggan", UNSTATED, files)


CATALOGUE = (
    Model(
        "imagenet-1024",
        "vqgan",
        MIT,
        (
            _yaml(
                SMALL,
                None,
                _heidelberg("8088892a516d4e3baf92", "/configs/model.yaml"),
                _heidelberg_file("6ecf2af6c658432c8298"),
                _release("Eleiber/VQGAN-Mirrors", "0.0.1/vqgan_imagenet_f16_1024.yaml"),
                exact=False,
            ),
            _weights(
                957_954_257,
                None,
                _heidelberg("8088892a516d4e3baf92", "/ckpts/last.ckpt"),
                _heidelberg_file("140747ba53464f49b476"),
                _release("Eleiber/VQGAN-Mirrors", "0.0.1/vqgan_imagenet_f16_1024.ckpt"),
            ),
        ),
        ("vqgan_imagenet_f16_1024", "imagenet_1024"),
    ),
    Model(
        "imagenet-16384",
        "vqgan",
        MIT,
        (
            _yaml(
                692,
                "00e2c6189926f1d89ecfef73e9598db77981c1982f0555fbade963ffd16143c7",
                _heidelberg("a7530b09fed84f80a887", "/configs/model.yaml"),
                _rescued("imagenet/imagenet.yaml"),
                _portable("vqgan/imagenet.yaml"),
                _heidelberg_file("274fb24ed38341bfa753"),
            ),
            _weights(
                980_092_370,
                "845a68805098cb666420d5db93df53f3a3b6dd443e6dd85c05759c5b998cd663",
                _heidelberg("a7530b09fed84f80a887", "/ckpts/last.ckpt"),
                _rescued("imagenet/imagenet.ckpt"),
                _portable("vqgan/imagenet.ckpt"),
                _heidelberg_file("867b05fc8c4841768640"),
            ),
        ),
        ("vqgan_imagenet_f16_16384", "imagenet_16384"),
    ),
    Model(
        "openimages-8192",
        "vqgan",
        MIT,
        (
            _yaml(
                745,
                "91110bab325067b37f85d1e75895a837d59c292bae4f3097f80c518714d5caff",
                _heidelberg("2e5662443a6b4307b470", "/configs/model.yaml"),
                _rescued("openimages/openimages.yaml"),
                _portable("vqgan/openimages.yaml"),
                _heidelberg_file("b24d14998a8d4f19a34f"),
            ),
            _weights(
                376_581_823,
                "5cd6c74810ab97e00e942c25403f73afc081e8b19987b31ec0d9ff5b68e7ab14",
                _heidelberg("2e5662443a6b4307b470", "/ckpts/last.ckpt"),
                _rescued("openimages/openimages.ckpt"),
                _portable("vqgan/openimages.ckpt"),
                _heidelberg_file("34a747d5765840b5a99d"),
            ),
        ),
        ("vqgan_gumbel_f8_8192", "vqgan_gumbel_f8", "gumbel_8192", "openimages_f8_8192"),
    ),
    Model(
        "coco",
        "vqgan",
        MIT,
        (
            _yaml(
                458,
                "17d0c2d9fda59eccade2a6070d833804b759dc817da42c2268be8cf1eb047676",
                _rescued("coco/coco.yaml"),
                _portable("vqgan/coco_first_stage.yaml"),
            ),
            _weights(
                296_030_214,
                "106cc20fde571df14afc4349d62218d8213cf47177c682ecaa78a8c28b12f9de",
                _rescued("coco/coco.ckpt"),
                _portable("vqgan/coco_first_stage.ckpt"),
            ),
        ),
        ("coco_first_stage",),
    ),
    Model(
        "faceshq",
        "vqgan",
        MIT,
        (
            _yaml(
                SMALL,
                "726ca97fb266c3c744f26e5aba2e579a51e310eee711a15f22224031dfdd57e2",
                "https://drive.google.com/uc?export=download&id=1fHwGx_hnBtC8nsq7hesJvs-Klv-P0gzT",
                _rescued("faceshq/faceshq.yaml"),
                exact=False,
            ),
            _weights(
                6_000_000_000,
                "3274bba51bd565c90990bbcf7bb5dad0b9b95a6a77011980afc4c3cfc4d1cad1",
                "https://app.koofr.net/content/links/a04deec9-0c59-4673-8b37-3d696fe63a5d/files/get/last.ckpt"
                "?path=%2F2020-11-13T21-41-45_faceshq_transformer%2Fcheckpoints%2Flast.ckpt",
                _rescued("faceshq/faceshq.ckpt"),
                exact=False,
            ),
        ),
    ),
    Model(
        "wikiart-1024",
        "vqgan",
        UNSTATED,
        (
            _yaml(
                SMALL,
                None,
                _release("pixray/pixray", "v1.7.1/vqgan_wikiart_1024.yaml"),
                _release("Eleiber/VQGAN-Mirrors", "0.0.1/wikiart_1024.yaml"),
                exact=False,
            ),
            _weights(
                1_200_000_000,
                None,
                _release("pixray/pixray", "v1.7.1/vqgan_wikiart_1024.ckpt"),
                _release("Eleiber/VQGAN-Mirrors", "0.0.1/wikiart_1024.ckpt"),
                exact=False,
            ),
        ),
        ("wikiart_1024",),
    ),
    Model(
        "wikiart-16384",
        "vqgan",
        UNSTATED,
        (
            _yaml(
                920,
                "6e78241d2828ff35b8381839ce249c24a6c468ed429760d33a25e98e7f24499a",
                _release("pixray/pixray", "v1.7.1/vqgan_wikiart_16384.yaml"),
                _rescued("wikiart/wikiart.yaml"),
                _portable("vqgan/wikiart.yaml"),
            ),
            _weights(
                1_005_327_541,
                "bd08bb46301f98be1712bb2be9f8868cea30b53137cd985d4d6e8da8b3e02c36",
                _release("pixray/pixray", "v1.7.1/vqgan_wikiart_16384.ckpt"),
                _rescued("wikiart/wikiart.ckpt"),
                _portable("vqgan/wikiart.ckpt"),
            ),
        ),
        ("wikiart_16384",),
    ),
    Model(
        "sflckr",
        "vqgan",
        MIT,
        (
            _yaml(
                1603,
                "c27f012996f3f1f02580f063be47fd60bdd8528efb04d7318b2cbe8a86505b1b",
                _heidelberg("73487ab6e5314cb5adba", "/configs/2020-11-09T13-31-51-project.yaml"),
                _rescued("sflickr/sflickr.yaml"),
                _portable("vqgan/sflckr.yaml"),
            ),
            _weights(
                4_263_525_412,
                "8a8adea3da8dab412675772831370dd948e0aa97bb11a9488a2f328b58dbc929",
                _heidelberg("73487ab6e5314cb5adba", "/checkpoints/last.ckpt"),
                _rescued("sflickr/sflickr.ckpt"),
                _portable("vqgan/sflckr.ckpt"),
            ),
        ),
    ),
    _clip("RN50", 255_827_503, "afeb0e10f9e5a86da6080e35cf09123aca3b358a0c3e3b6c78a7b63bc04b6762", at_jina=True),
    _clip("RN101", 291_791_292, "8fa8567bab74a42d41c5915025a8e4538c3bdbe8804a470a72f30b0d94fab599"),
    _clip("RN50x4", 421_854_225, "7e526bd135e493cef0776de27d5f42653e6b4c8bf9e0f653bb11773263205fdd"),
    _clip("RN50x16", 661_125_706, "52378b407f34354e150460fe41077663dd5b39c54cd0bfd2b27167a4a06ec9aa"),
    _clip("RN50x64", 1_353_500_174, "be1cfb55d75a9666199fb2206c106743da0f6468c9d327f3e0d0a543a9919d9c"),
    _clip("ViT-B/32", 353_976_522, "40d365715913c9da98579312b702a82c18be219cc2a73407c4526f58eba950af", at_jina=True),
    _clip("ViT-B/16", 350_837_078, "5806e77cd80f8b59890b7e101eabd078d9fb84e6937f9e85e4ecb61988df416f", at_jina=True),
    _clip("ViT-L/14", 932_768_134, "b8cca3fd41ae0c99ba7e8951adf17d267cdb84cd88be6f7c2e0eca1737a03836", at_jina=True),
    _clip("ViT-L/14@336px", 934_088_680, "3035c92b350959924f9f00213499208652fc7ea050643e8b385c2dac08641f02"),
    _open_clip("ViT-B-32", "laion/CLIP-ViT-B-32-laion2B-s34B-b79K", 700_000_000),
    _open_clip("ViT-B-16", "laion/CLIP-ViT-B-16-laion2B-s34B-b88K", 700_000_000),
    _open_clip("ViT-L-14", "laion/CLIP-ViT-L-14-laion2B-s32B-b82K", 2_000_000_000),
    _open_clip("ViT-H-14", "laion/CLIP-ViT-H-14-laion2B-s32B-b79K", 4_500_000_000),
    _biggan(128),
    _biggan(256),
    _biggan(512),
)
BY_NAME = {name.casefold(): model for model in CATALOGUE for name in (model.name, *model.aliases)}


def find(name: str) -> Model | None:
    """Return the model of a name, or of another tool's name for it."""
    return BY_NAME.get(name.casefold())


def near(name: str) -> list[str]:
    """Return the names of models that look like a mistyped name, the nearest first."""
    found = difflib.get_close_matches(name.casefold(), BY_NAME, n=5, cutoff=0.6)
    return list(dict.fromkeys(BY_NAME[each].name for each in found))[:3]


def known(name: str) -> Model:
    """Return the model of a name.

    Raises:
        UnknownModelError: there is none.
    """
    model = find(name)
    if model is None:
        advice = f"did you mean {' or '.join(names)}?" if (names := near(name)) else "easel models list shows all."
        shown = "".join(c if c.isprintable() else "�" for c in name[:100])
        raise UnknownModelError(f"{shown!r} is not in the catalogue; {advice}")
    return model
