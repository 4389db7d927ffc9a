"""Ten gene sets that biologists know, written down from textbooks, and what the first line about each must say."""

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
    "B cell receptor": (
        "b cell receptor|bcr",
        "CD79A CD79B BLNK BTK SYK LYN BLK CD19 CR2 CD22 PIK3CD PIK3AP1 PLCG2 VAV1 VAV2 INPP5D CARD11 BCL10 MALT1 PRKCB "
        "NFATC1 DAPP1 CD81",
    ),
    "ribosome": (
        "ribosom|translation|peptide chain",
        "RPL3 RPL4 RPL5 RPL7 RPL8 RPL10A RPL11 RPL13 RPL15 RPL18 RPL19 RPL23 RPL27 RPL30 RPS2 RPS3 RPS4X RPS5 RPS6 "
        "RPS8 RPS9 RPS11 RPS14 RPS18 RPS23",
    ),
    "proteasome": (
        "proteasom",
        "PSMA1 PSMA2 PSMA3 PSMA4 PSMA5 PSMA6 PSMA7 PSMB1 PSMB2 PSMB3 PSMB4 PSMB5 PSMB6 PSMB7 PSMC1 PSMC2 PSMC3 PSMC4 "
        "PSMC5 PSMC6 PSMD1 PSMD2 PSMD3 PSMD4",
    ),
    "DNA replication": (
        "replicat|dna strand elongation|origin|synthesis of dna",
        "MCM2 MCM3 MCM4 MCM5 MCM6 MCM7 ORC1 ORC2 ORC6 CDC6 CDT1 CDC45 GINS1 GINS2 GINS3 GINS4 POLA1 POLA2 PRIM1 PRIM2 "
        "POLD1 POLE PCNA RFC2 RFC3 RFC4 RFC5 RPA1 RPA2 FEN1",
    ),
    "cholesterol biosynthesis": (
        "cholesterol|sterol",
        "HMGCS1 HMGCR MVK PMVK MVD IDI1 FDPS FDFT1 SQLE LSS CYP51A1 TM7SF2 MSMO1 NSDHL HSD17B7 EBP SC5D DHCR7 DHCR24 "
        "ACAT2 INSIG1 LDLR",
    ),
    "glycolysis": (
        "glycoly|gluconeogenesis",
        "HK1 HK2 GPI PFKL PFKM PFKP ALDOA ALDOB ALDOC TPI1 GAPDH PGK1 PGAM1 PGAM2 ENO1 ENO2 ENO3 PKM PKLR LDHA LDHB",
    ),
    "mitotic spindle": (
        "spindle|mitotic|kinetochore|sister chromatid",
        "BUB1 BUB1B BUB3 MAD2L1 MAD1L1 TTK AURKB INCENP CENPE NDC80 NUF2 SPC24 SPC25 KNL1 ZWINT CDC20 PLK1 KIF11 TPX2 "
        "CCNB1",
    ),
    "antigen presentation": (
        "mhc class ii|antigen",
        "HLA-DRA HLA-DRB1 HLA-DRB5 HLA-DQA1 HLA-DQB1 HLA-DPA1 HLA-DPB1 HLA-DMA HLA-DMB HLA-DOA HLA-DOB CD74 CTSS CTSL "
        "CIITA IFI30",
    ),
}
