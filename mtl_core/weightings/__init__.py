"""Weightings: one file a method; this dict is the list that spec, form, docs and tests read."""

from mtl_core.weightings.aligned import Aligned
from mtl_core.weightings.base import Weighting
from mtl_core.weightings.cagrad import CaGrad
from mtl_core.weightings.dwa import Dwa
from mtl_core.weightings.famo import Famo
from mtl_core.weightings.fixed import Fixed
from mtl_core.weightings.gradnorm import GradNorm
from mtl_core.weightings.gradvac import GradVac
from mtl_core.weightings.imtl_g import ImtlG
from mtl_core.weightings.imtl_l import ImtlL
from mtl_core.weightings.mgda import Mgda
from mtl_core.weightings.nash import Nash
from mtl_core.weightings.pcgrad import PcGrad
from mtl_core.weightings.rlw import Rlw
from mtl_core.weightings.stch import Stch
from mtl_core.weightings.uncertainty import Uncertainty
from mtl_core.weightings.upgrad import UpGrad

WEIGHTINGS: dict[str, type[Weighting]] = {
    "fixed": Fixed,
    "uncertainty": Uncertainty,
    "dwa": Dwa,
    "rlw": Rlw,
    "imtl_l": ImtlL,
    "famo": Famo,
    "stch": Stch,
    "gradnorm": GradNorm,
    "mgda": Mgda,
    "pcgrad": PcGrad,
    "gradvac": GradVac,
    "cagrad": CaGrad,
    "imtl_g": ImtlG,
    "nash": Nash,
    "aligned": Aligned,
    "upgrad": UpGrad,
}
"""Weightings of losses first, then those that read the gradients."""
