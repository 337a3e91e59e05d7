"""What a formula says of each method, in LaTeX, and where its paper is to be read."""

from __future__ import annotations

from collections.abc import Mapping

WEIGHTING_FORMULAS: Mapping[str, str] = {
    "fixed": r"L = \sum_i \lambda_i L_i",
    "uncertainty": r"L = \sum_i \tfrac12 e^{-s_i} \lambda_i L_i + \tfrac12 s_i",
    "dwa": r"w_i = K\,\frac{e^{r_i/T}}{\sum_j e^{r_j/T}},\quad r_i = \frac{L_i(t-1)}{L_i(t-2)}",
    "rlw": r"w = \operatorname{softmax}(z),\quad z \sim \mathcal{N}(0, I)",
    "imtl_l": r"L = \sum_i e^{s_i} \lambda_i L_i - s_i",
    "famo": r"w_i \propto \frac{z_i}{\lambda_i (L_i - b_i)},\quad z = \operatorname{softmax}(\xi)",
    "stch": r"L = \mu \log \sum_i e^{\lambda_i (L_i - z^*_i)/\mu}",
    "gradnorm": r"w_i\|g_i\| \to \overline{w\|g\|}\,\Big(\frac{r_i}{\bar r}\Big)^{\alpha},\ r_i = \frac{L_i}{L_i(0)}",
    "mgda": r"w = \arg\min_{w \in \Delta}\ \Big\|\sum_i w_i g_i\Big\|^2",
    "pcgrad": r"\tilde g_i \leftarrow \tilde g_i - \frac{\min(0,\ \tilde g_i \cdot g_j)}{\|g_j\|^2}\, g_j",
    "gradvac": (
        r"\tilde g_i \leftarrow \tilde g_i + \frac{\|\tilde g_i\|}{\|g_j\|}"
        r"\,\frac{\hat\varphi\sqrt{1-\varphi^2} - \varphi\sqrt{1-\hat\varphi^2}}{\sqrt{1-\hat\varphi^2}}\, g_j"
    ),
    "cagrad": r"d = \arg\max_{\|d - g_0\| \le c\|g_0\|}\ \min_i\ g_i \cdot d,\quad g_0 = \tfrac1K \sum_i g_i",
    "imtl_g": r"d \cdot \frac{g_i}{\|g_i\|} = d \cdot \frac{g_j}{\|g_j\|}\quad \forall\, i, j",
    "nash": r"G\,w = \frac{1}{w},\quad w > 0",
    "aligned": r"w = \tfrac1K\, \sqrt{\sigma_{\min}}\, V \Lambda^{-1/2} V^{\top} \mathbf{1},\ G = V \Lambda V^{\top}",
    "upgrad": r"d = \tfrac1K \sum_i \pi(g_i),\quad \pi \text{ on } \{x : g_j \cdot x \ge 0\ \forall j\}",
}
"""w multiplies the losses λ_i L_i; g_i is the gradient of λ_i L_i on what is shared, G = (g_i · g_j), d = Σ w_i g_i."""

ARCHITECTURE_FORMULAS: Mapping[str, str] = {
    "separate": r"y_i = g_i\big(f_i(x;\ \theta_i)\big)",
    "hard": r"y_i = g_i\big(f(x;\ \theta)\big)",
    "soft": r"y_i = g_i\big(f_i(x;\ \theta_i)\big),\quad +\ \gamma \sum_{i<j} \|\theta_i - \theta_j\|^2",
    "partial": r"y_i = g_i\big(f_i(f(x;\ \theta);\ \theta_i)\big)",
    "cross_stitch": r"\tilde x_i = \sum_j \alpha_{ij}\, x_j",
    "mmoe": r"h_i = \sum_e \operatorname{softmax}(W_i x)_e\ f_e(x)",
    "cgc": r"h_i = \sum_{e \in S \cup T_i} \operatorname{softmax}(W_i x)_e\ f_e(x)",
    "ple": r"h_i^{l} = \sum_{e \in S \cup T_i} \operatorname{softmax}\big(W_i h_i^{l-1}\big)_e\ f_e\big(h_e^{l-1}\big)",
    "mtan": r"\hat a_i = \sigma\big(m_i(u)\big) \odot p",
}

REGULARIZER_FORMULAS: Mapping[str, str] = {
    "l2_distance": r"\Omega = \sum_{i<j} \|\theta_i - \theta_j\|_2^2",
    "nuclear_norm": r"\Omega = \|W\|_* = \sum_i \sigma_i(W),\quad W = [\theta_1 \dots \theta_K]",
    "graph": r"\Omega = \sum_{(i,j) \in E} a_{ij}\, \|\theta_i - \theta_j\|^2",
    "hierarchical_prior": r"\Omega = -\sum_i \log p(\theta_i \mid \alpha) - \log p(\alpha)",
}

FORMULAS: Mapping[str, str] = {**WEIGHTING_FORMULAS, **ARCHITECTURE_FORMULAS, **REGULARIZER_FORMULAS}

PAPERS: Mapping[str, str] = {
    "uncertainty": "https://arxiv.org/abs/1705.07115",
    "dwa": "https://arxiv.org/abs/1803.10704",
    "rlw": "https://arxiv.org/abs/2111.10603",
    "imtl_l": "https://openreview.net/forum?id=IMPnRXEWpvr",
    "famo": "https://arxiv.org/abs/2306.03792",
    "stch": "https://arxiv.org/abs/2402.19078",
    "gradnorm": "https://arxiv.org/abs/1711.02257",
    "mgda": "https://arxiv.org/abs/1810.04650",
    "pcgrad": "https://arxiv.org/abs/2001.06782",
    "gradvac": "https://arxiv.org/abs/2010.05874",
    "cagrad": "https://arxiv.org/abs/2110.14048",
    "imtl_g": "https://openreview.net/forum?id=IMPnRXEWpvr",
    "nash": "https://arxiv.org/abs/2202.01017",
    "aligned": "https://arxiv.org/abs/2305.19000",
    "upgrad": "https://arxiv.org/abs/2406.16232",
    "soft": "https://aclanthology.org/P15-2139",
    "partial": "https://arxiv.org/abs/1604.03539",
    "cross_stitch": "https://arxiv.org/abs/1604.03539",
    "mmoe": "https://doi.org/10.1145/3219819.3220007",
    "cgc": "https://doi.org/10.1145/3383313.3412236",
    "ple": "https://doi.org/10.1145/3383313.3412236",
    "mtan": "https://arxiv.org/abs/1803.10704",
    "l2_distance": "https://aclanthology.org/P15-2139",
    "nuclear_norm": "https://doi.org/10.1007/s10994-007-5040-8",
    "graph": "https://jmlr.org/papers/v6/evgeniou05a.html",
}
"""Methods without an entry have no page of their own on the net that is sure to stay."""
