"""Five gene sets that biologists know, written down from textbooks, and what the first line about each must say."""

WELL_KNOWN = {
    "interferon response": (
        "interferon",
        "ISG15 IFI6 IFI27 IFI44 IFI44L IFIT1 IFIT2 IFIT3 IFITM1 IFITM3 MX1 MX2 OAS1 OAS2 OAS3 OASL RSAD2 STAT1 STAT2 "
        "IRF7 IRF9 XAF1 USP18 HERC5 BST2",
    ),
    "oxidative phosphorylation": (
        "oxidative phosphorylation|respiratory|electron transport",
        "NDUFA1 NDUFA2 NDUFA4 NDUFB3 NDUFB8 NDUFS1 NDUFS2 NDUFV1 SDHA SDHB UQCRC1 UQCRC2 UQCRFS1 CYC1 COX4I1 COX5A "
        "COX5B COX6C COX7C ATP5F1A ATP5F1B ATP5F1C ATP5PO ATP5MC1",
    ),
    "ribosome": (
        "ribosom|translation|peptide chain",
        "RPL3 RPL4 RPL5 RPL7 RPL8 RPL10A RPL11 RPL13 RPL15 RPL18 RPL19 RPL23 RPL27 RPL30 RPS2 RPS3 RPS4X RPS5 RPS6 "
        "RPS8 RPS9 RPS11 RPS14 RPS18 RPS23",
    ),
    "cholesterol biosynthesis": (
        "cholesterol|sterol",
        "HMGCS1 HMGCR MVK PMVK MVD IDI1 FDPS FDFT1 SQLE LSS CYP51A1 TM7SF2 MSMO1 NSDHL HSD17B7 EBP SC5D DHCR7 DHCR24 "
        "ACAT2 INSIG1 LDLR",
    ),
    "mitotic spindle": (
        "spindle|mitotic|kinetochore|sister chromatid",
        "BUB1 BUB1B BUB3 MAD2L1 MAD1L1 TTK AURKB INCENP CENPE NDC80 NUF2 SPC24 SPC25 KNL1 ZWINT CDC20 PLK1 KIF11 TPX2 "
        "CCNB1",
    ),
}
