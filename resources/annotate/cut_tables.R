# Compute the tables of DESeq2, edgeR, limma and Seurat from counts of cells.
#
#     Rscript resources/annotate/cut_tables.R COUNTS CELLS FOLDER
#
# COUNTS: a CSV of genes by cells. CELLS: a CSV with the columns cell, cluster and label. Called by cut_examples.py.
suppressPackageStartupMessages({library(DESeq2); library(edgeR); library(Seurat)})
options(digits = 6, scipen = 0)
given <- commandArgs(trailingOnly = TRUE)
counts <- as.matrix(read.csv(given[1], row.names = 1, check.names = FALSE))
cells <- read.csv(given[2], colClasses = c(cluster = "character"))
into <- function(name) file.path(given[3], name)
short <- function(table) {
  numbers <- vapply(table, is.double, TRUE)
  table[numbers] <- lapply(table[numbers], signif, digits = 6)
  table
}

compared <- cells$label %in% c("CD14+ Monocyte", "CD19+ B")
group <- factor(ifelse(cells$label[compared] == "CD14+ Monocyte", "monocyte", "b_cell"), levels = c("b_cell", "monocyte"))
few <- counts[, compared]

# The settings that DESeq2's vignette recommends for single cells.
dds <- DESeqDataSetFromMatrix(few, data.frame(group), ~ group)
dds <- DESeq(dds, sfType = "poscounts", useT = TRUE, minmu = 1e-6, minReplicatesForReplace = Inf, quiet = TRUE)
write.csv(short(as.data.frame(results(dds))), into("monocytes_deseq2.csv"))

list <- calcNormFactors(DGEList(few, group = group))
design <- model.matrix(~ group)
fit <- glmQLFit(estimateDisp(list, design), design)
write.csv(short(topTags(glmQLFTest(fit, coef = 2), n = Inf)$table), into("monocytes_edger.csv"))

fit <- eBayes(lmFit(voom(list, design), design))
write.csv(short(topTable(fit, coef = 2, number = Inf)), into("monocytes_limma.csv"))

object <- NormalizeData(CreateSeuratObject(counts), verbose = FALSE)
Idents(object) <- factor(cells$cluster, levels = sort(unique(as.integer(cells$cluster))))
write.csv(short(FindAllMarkers(object, verbose = FALSE)), into("markers_seurat.csv"))
