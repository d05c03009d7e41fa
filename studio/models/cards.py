"""The shelf: every model the studio knows. Data only."""

from studio.core.registry import Registry
from studio.models.card import ModelCard

CARDS: Registry[ModelCard] = Registry(
    "model",
    {
        "palette": ModelCard(
            title="Palette",
            about="The studio's own small painter; quick, works without a network.",
            family="unet",
            source="palette",
            licence="Apache-2.0",
            gigabytes=0.07,
            sizes={"square": (256, 256), "portrait": (208, 304), "landscape": (304, 208)},
            steps=20,
            guidance_scale=3.0,
        ),
        "palette_live": ModelCard(
            title="Palette live",
            about="Palette in four quick steps, while you write; less fine.",
            family="unet",
            source="palette",
            adapter="live",
            licence="Apache-2.0",
            gigabytes=0.07,
            sizes={"square": (256, 256), "portrait": (208, 304), "landscape": (304, 208)},
            steps=4,
            guidance_scale=1.0,
            sampler="ddim",
            few_step=True,
            # They ask at other timesteps than it learned, or throw noise that it does not expect.
            unsuited_samplers=frozenset(
                {"ddpm", "dpmpp_2m_karras", "dpmpp_2m_sde", "euler_a", "heun", "lcm"}
            ),
            kinds=("text_to_image", "image_to_image", "inpaint", "outpaint"),
        ),
        "sd15": ModelCard(
            title="Stable Diffusion 1.5",
            about="The classic all-rounder.",
            family="unet",
            source="stable-diffusion-v1-5/stable-diffusion-v1-5",
            revision="451f4fe16113bff5a5d2269ed5ad43b0592e9a14",
            licence="CreativeML-OpenRAIL-M",
            gigabytes=4.3,
            sizes={"square": (512, 512), "portrait": (512, 768), "landscape": (768, 512)},
            steps=25,
            guidance_scale=7.5,
        ),
        "sdxl": ModelCard(
            title="Stable Diffusion XL",
            about="Large and detailed; wants a GPU.",
            family="sdxl",
            source="stabilityai/stable-diffusion-xl-base-1.0",
            revision="462165984030d82259a11f4367a4eed129e94a7b",
            licence="CreativeML-OpenRAIL++-M",
            gigabytes=6.9,
            sizes={"square": (1024, 1024), "portrait": (832, 1216), "landscape": (1216, 832)},
            steps=30,
            guidance_scale=6.0,
            variant="fp16",
        ),
        "sdxl_inpaint": ModelCard(
            title="Stable Diffusion XL Inpainting",
            about="Sees the mask and the picture around it; wants a GPU.",
            family="sdxl",
            source="diffusers/stable-diffusion-xl-1.0-inpainting-0.1",
            revision="115134f363124c53c7d878647567d04daf26e41e",
            licence="CreativeML-OpenRAIL++-M",
            gigabytes=6.9,
            sizes={"square": (1024, 1024), "portrait": (832, 1216), "landscape": (1216, 832)},
            steps=30,
            guidance_scale=7.5,
            variant="fp16",
            kinds=("inpaint", "outpaint"),
        ),
    },
)
